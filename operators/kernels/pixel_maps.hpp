// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "detectors/geometry/coordinates.hpp"
#include "detectors/geometry/pixel_positions.hpp"
#include "operators/kernels/integration_options.hpp"

namespace annulus {

/// A coordinate of every pixel: its centre, and how far the pixel's farthest corner is from it.
struct CoordinateMap {
  std::vector<double> centre;      ///< (rows * cols)
  std::vector<double> half_width;  ///< (rows * cols); empty when pixels are not split
};

/// Radial coordinate [unit]. Half widths are computed for Split::bbox only, of an azimuth as of azimuth_map(). Here and
/// below, `threads` share the work; the result does not depend on them.
[[nodiscard]] CoordinateMap radial_map(const PixelPositions& positions, const RadialCoordinate& coordinate,
                                       RadialUnit unit, Split split, std::size_t threads = 1);

/// Azimuth [degrees], -180 to 180. Half widths are at most 180, measured the short way around.
[[nodiscard]] CoordinateMap azimuth_map(const PixelPositions& positions, Split split, std::size_t threads = 1);

/// (rows * cols): what a uniformly scattering sample would give in every pixel: the product of flat field,
/// polarization, relative solid angle and absorption in the sensor, as far as `options` ask for them. Throws DataError
/// for a flat field of another shape.
[[nodiscard]] std::vector<double> normalization_map(const PixelPositions& positions, const Detector& detector,
                                                    const IntegrationOptions& options, std::size_t threads = 1);

/// (rows * cols): 1 for pixels that are never used: the mask, gaps of the detector, and pixels whose flat field is not
/// positive or whose dark is not finite. Throws DataError for a mask, flat field or dark of another shape.
[[nodiscard]] std::vector<std::uint8_t> static_mask(const Detector& detector, const IntegrationOptions& options);

}  // namespace annulus
