// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <vector>

#include "operators/kernels/pixel_maps.hpp"

namespace annulus {

/// What one pixel gives to two neighbouring bins. A pixel over more bins has several shares; a pixel that is masked or
/// outside the ranges has none.
struct Share {
  std::uint32_t pixel = 0;
  std::uint32_t bin = 0;
  double lower = 0;  ///< fraction of the pixel in `bin`
  double upper = 0;  ///< fraction of the pixel in `bin + 1`, which may be one past the last and is then 0
};

/// The range that holds every pixel that is not masked. Its upper bound lies beyond the last pixel by the relative
/// precision of a float, as in pyFAI, so that the last pixel is inside a half-open range. Pixels that reach below
/// `lowest` are cut there.
/// Throws ConfigError when every pixel is masked.
[[nodiscard]] Range range_of(const CoordinateMap& radial, const std::vector<std::uint8_t>& mask, double lowest = 0);

/// Fraction of [centre - half_width, centre + half_width] inside the sector [degrees], around the circle. A half width
/// of 0 asks whether the centre is inside.
[[nodiscard]] double fraction_in_sector(double centre, double half_width, const Range& sector);

/// Divides every pixel that is not masked over `bins` equal bins of `range`, in the order of the pixels.
/// `sector_fraction` (per pixel, or empty for 1) scales its shares. Fractions outside the range are dropped; what
/// reaches below `lowest`, where no coordinate is, counts there.
[[nodiscard]] std::vector<Share> divide(const CoordinateMap& radial, const std::vector<std::uint8_t>& mask,
                                        const std::vector<double>& sector_fraction, const Range& range,
                                        std::size_t bins, double lowest = 0);

}  // namespace annulus
