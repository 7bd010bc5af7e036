// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>

#include "operators/data/dtype.hpp"

#include "operators/kernels/ahead.hpp"
#include "operators/kernels/plan_sums.hpp"

namespace annulus {

/// Ten bits of every pixel of a block, from the lowest (digit 0) on. Pixels without a measurement are 0; in digit 0,
/// a measured zero is 1 with zero_flag. A block is followed by zeros, for entries without a pixel.
constexpr int digit_bits = 10;
constexpr std::uint16_t zero_flag = 0x8000;
constexpr std::size_t digits_size = block_pixels + 64;

/// What the pixels of a block are like.
struct BlockContent {
  std::uint64_t bits = 0;  ///< of all measured values together, where none is negative
  bool any_bad = false;
  bool any_negative = false;

  [[nodiscard]] bool has_digit(int digit) const { return (bits >> (digit_bits * digit)) != 0; }
};

/// The digits of `count` pixels of an integer type of at most 4 bytes, in `out` (digits_size). They make no sense where
/// pixels are negative.
BlockContent take_digit(DType dtype, const std::byte* pixels, std::size_t count, const BadRange& bad, int digit,
                        std::uint16_t* out);

/// Adds the digits of a block's pixels, times 2^(digit_bits * digit), to the sums of one frame. Meanwhile `ahead`,
/// if anything, is brought near.
void add_block(const Plan& plan, std::size_t block, Wanted wanted, const std::uint16_t* digits, int digit,
               ByteSpans ahead, PlanSums& sums);

/// The same for frames_together frames, whose digits lie in `digits` one frame after the other, digits_size each.
/// `scratch` has room for frames_together times digits_size.
void add_blocks(const Plan& plan, std::size_t block, Wanted wanted, const std::uint16_t* digits, int digit,
                ByteSpans ahead, std::uint16_t* scratch, PlanSums& sums);

/// Says what is right: adds one frame's block of any integers of at most 4 bytes in plain C++, also negative ones.
void add_block_scalar(const Plan& plan, std::size_t block, Wanted wanted, DType dtype, const std::byte* pixels,
                      std::size_t count, const BadRange& bad, std::size_t frame, PlanSums& sums);

/// add_block() and one frame of add_blocks() in plain C++.
void add_digits_scalar(const Plan& plan, std::size_t block, Wanted wanted, const std::uint16_t* digits, int digit,
                       std::size_t frame, PlanSums& sums);

}  // namespace annulus
