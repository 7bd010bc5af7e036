// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "operators/kernels/ahead.hpp"
#include "operators/kernels/fine_sums.hpp"
#include "operators/kernels/plan_sums.hpp"
#include "operators/kernels/tile_digits.hpp"
#include "operators/kernels/tile_pixels.hpp"

namespace annulus {

/// Adds the digits of a tile's pixels, times 2^(digit_bits * digit), to the sums of one frame. Meanwhile what comes
/// `ahead` is brought near.
void add_tile(const Plan& plan, std::size_t tile, Wanted wanted, const std::uint16_t* digits, int digit, Ahead& ahead,
              PlanSums& sums);

/// The same, bin by bin.
void add_tile(const Plan& plan, std::size_t tile, Wanted wanted, const std::uint16_t* digits, int digit, Ahead& ahead,
              FineSums& sums);

/// Adds the digits of frames_together frames, which lie side by side.
void add_tiles(const Plan& plan, std::size_t tile, Wanted wanted, const std::uint16_t* digits, int digit, Ahead& ahead,
               PlanSums& sums);

/// Says what is right: adds one frame's tile of any integers of at most 4 bytes in plain C++, also negative ones.
void add_tile_scalar(const Plan& plan, std::size_t tile, Wanted wanted, const TilePixels& pixels, const BadRange& bad,
                     PlanSums& sums, std::size_t frame = 0);
void add_tile_scalar(const Plan& plan, std::size_t tile, Wanted wanted, const TilePixels& pixels, const BadRange& bad,
                     FineSums& sums);

/// add_tile() in plain C++, and one frame of add_tiles().
void add_digits_scalar(const Plan& plan, std::size_t tile, Wanted wanted, const std::uint16_t* digits, int digit,
                       PlanSums& sums);
void add_digits_scalar(const Plan& plan, std::size_t tile, Wanted wanted, const std::uint16_t* digits, int digit,
                       std::size_t frame, PlanSums& sums);
void add_digits_scalar(const Plan& plan, std::size_t tile, Wanted wanted, const std::uint16_t* digits, int digit,
                       FineSums& sums);

}  // namespace annulus
