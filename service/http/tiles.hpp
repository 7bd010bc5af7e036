// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "operators/data/array.hpp"

namespace annulus {

/// How many pixels (or bins) become one for display.
struct Block {
  std::size_t rows = 1;
  std::size_t cols = 1;
};

/// An image in blocks, and the numbers of the whole image.
struct Tiles {
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::vector<float> mean;  ///< (rows, cols) of the valid pixels of a block; NaN where there is none
  double min = std::numeric_limits<double>::quiet_NaN();  ///< smallest valid pixel; NaN when there is none
  double max = std::numeric_limits<double>::quiet_NaN();  ///< largest valid pixel; NaN when there is none
  double total = 0;                                       ///< sum of the valid pixels
  std::uint64_t valid = 0;                                ///< pixels that hold a measurement
};

/// Averages `pixels` (rows, cols) over blocks. Integer pixels that are negative or the largest of their type, and
/// floating-point pixels that are not finite, hold no measurement. Throws DataError when `pixels` is not an image.
[[nodiscard]] Tiles tile(const Array& pixels, Block block);

/// The values shown in the first and in the last colour.
struct ColourLimits {
  float low = 0;
  float high = 1;
};

/// Robust limits: a few dead or hot pixels do not decide the colours of all others. An image of one value has zero as
/// its other limit. Always low < high.
[[nodiscard]] ColourLimits colour_limits(const Tiles& tiles);

}  // namespace annulus
