// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

#include "operators/data/array.hpp"

namespace annulus {

/// A small picture of a frame, and the numbers of the whole frame.
struct Preview {
  std::string png;           ///< colour-mapped PNG file
  std::size_t rows = 0;      ///< of the picture [pixels]
  std::size_t cols = 0;      ///< of the picture [pixels]
  double low = 0;            ///< counts shown in the first colour
  double high = 0;           ///< counts shown in the last colour; the scale between is logarithmic
  double min = 0;            ///< smallest valid pixel of the frame [counts]; NaN when all are masked
  double max = 0;            ///< largest valid pixel of the frame [counts]; NaN when all are masked
  double total = 0;          ///< sum of the valid pixels of the frame [counts]
  std::uint64_t masked = 0;  ///< pixels of the frame that hold no measurement
};

/// Draws `pixels` (rows, cols) in logarithmic colours, at most `side` pixels high and wide. A pixel of the picture
/// is the mean of the valid pixels it covers. Integer pixels that are negative or the largest of their type, and
/// floating-point pixels that are not finite, hold no measurement: they are shown in a colour of their own.
/// Throws DataError when `pixels` is not an image.
[[nodiscard]] Preview draw_preview(const Array& pixels, std::size_t side);

}  // namespace annulus
