// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "operators/kernels/ahead.hpp"
#include "operators/kernels/plan_sums.hpp"
#include "operators/kernels/tile_pixels.hpp"

namespace annulus {

/// digit_bits of every pixel of a tile by its place, from the lowest (digit 0) on. Pixels without a measurement are 0;
/// in digit 0, a measured zero is 1 with zero_flag. A tile is followed by zeros, for entries without a pixel.
constexpr std::uint16_t zero_flag = 0x8000;
constexpr std::size_t digits_size = tile_pixels + 64;

/// What the pixels of a tile are like.
struct TileContent {
  std::uint64_t bits = 0;  ///< of all measured values together, where none is negative
  bool any_bad = false;
  bool any_negative = false;

  [[nodiscard]] bool has_digit(int digit) const { return (bits >> (digit_bits * digit)) != 0; }
};

/// The digits of a tile's pixels, which have an integer type of at most 4 bytes, in `out` (digits_size). They make no
/// sense where pixels are negative. `pitch`: of the tiling.
TileContent take_digit(const TilePixels& pixels, const BadRange& bad, int digit, std::size_t pitch, std::uint16_t* out);

/// Where a digit of one of frames_together frames is, when those of all of them lie side by side: two pixels from an
/// even place on are neighbours.
constexpr std::size_t digit_at(std::size_t place, std::size_t frame) {
  return 2 * (frames_together * (place / 2) + frame) + place % 2;
}

/// take_digits() fetches what comes ahead once for so many pixels of a row, or more often.
constexpr std::size_t digits_block = 32;

/// As take_digit(), for the tiles of up to frames_together frames of one type, whose digits come to lie side by side; 0
/// for frames that are not there or have negative pixels. What the tiles are like is in `contents`; of what tiles
/// without bad pixels have, it is the largest of all frames. Meanwhile what comes `ahead` is brought near. `out` has
/// room for frames_together times digits_size.
void take_digits(std::span<const TilePixels> frames, const BadRange& bad, int digit, std::size_t pitch, Ahead& ahead,
                 std::span<TileContent> contents, std::uint16_t* out);

}  // namespace annulus
