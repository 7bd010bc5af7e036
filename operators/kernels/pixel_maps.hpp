// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "detectors/geometry/coordinates.hpp"
#include "detectors/geometry/pixel_positions.hpp"
#include "operators/kernels/integration_options.hpp"
#include "operators/kernels/large_vector.hpp"
#include "operators/kernels/pixel_corners.hpp"

namespace annulus {

/// A coordinate of the pixels of a row: their centres, and how far a pixel's farthest corner is from its centre.
struct CoordinateRow {
  std::span<const double> centre;      ///< (cols)
  std::span<const double> half_width;  ///< (cols); empty when pixels are not split
};

/// A coordinate of all pixels, row by row.
class CoordinateMap final {
 public:
  /// `coordinate` times `scale`; one that comes round does so after `period`, else 0. Half widths are there for
  /// Split::bbox only; those of a coordinate that comes round are measured the short way, and at most half a turn.
  CoordinateMap(const PixelPositions& positions, Coordinate coordinate, Split split, double scale, double period);

  /// Cheaper when rows follow each other. Valid until the next call.
  [[nodiscard]] CoordinateRow of_row(std::size_t row);

 private:
  void measure(const RowCorners& corners);
  void measure_around(const RowCorners& corners);

  const PixelPositions& positions_;
  Coordinate coordinate_;
  double scale_;
  double period_;
  PixelCorners corners_;
  std::vector<LabPoint> points_;
  std::vector<double> centre_;
  std::vector<double> half_width_;
};

/// Radial coordinate [unit].
[[nodiscard]] CoordinateMap radial_map(const PixelPositions& positions, const RadialCoordinate& coordinate,
                                       RadialUnit unit, Split split);

/// Azimuth [degrees], -180 to 180.
[[nodiscard]] CoordinateMap azimuth_map(const PixelPositions& positions, Split split);

/// (rows * cols): what a uniformly scattering sample would give in every pixel: the product of flat field,
/// polarization, relative solid angle and absorption in the sensor, as far as `options` ask for them. Throws DataError
/// for a flat field of another shape. `threads` share the work; the result does not depend on them.
[[nodiscard]] LargeVector<double> normalization_map(const PixelPositions& positions, const Detector& detector,
                                                    const IntegrationOptions& options, std::size_t threads = 1);

/// (rows * cols): 1 for pixels that are never used: the mask, gaps of the detector, and pixels whose flat field is not
/// positive or whose dark is not finite. Throws DataError for a mask, flat field or dark of another shape.
[[nodiscard]] std::vector<std::uint8_t> static_mask(const Detector& detector, const IntegrationOptions& options);

}  // namespace annulus
