// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/pixel_maps.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include <fmt/format.h>

#include "operators/data/error.hpp"

#include "operators/kernels/parallel.hpp"
#include "operators/kernels/pixel_corners.hpp"

namespace annulus {
namespace {

/// Calls f(first row, last row) for every thread's share.
template <class F>
void for_rows(const PixelPositions& positions, std::size_t threads, const F& f) {
  in_parallel(threads, [&](std::size_t k) { f(positions.rows() * k / threads, positions.rows() * (k + 1) / threads); });
}

/// A map of `coordinate(points, out)`, times `scale`; `distance(a, b)` is how far two of its values are apart.
template <class Coordinate, class Distance>
CoordinateMap map_of(const PixelPositions& positions, Split split, std::size_t threads, double scale,
                     const Coordinate& coordinate, const Distance& distance) {
  const std::size_t cols = positions.cols();
  CoordinateMap map;
  map.centre.resize(positions.rows() * cols);
  if (split == Split::bbox) map.half_width.resize(map.centre.size());
  for_rows(positions, threads, [&](std::size_t first, std::size_t last) {
    std::vector<LabPoint> points(cols);
    PixelCorners corners(positions, coordinate);
    for (std::size_t row = first; row < last; ++row) {
      const auto centres = std::span(map.centre).subspan(row * cols, cols);
      positions.centres(row, points);
      coordinate(std::span<const LabPoint>(points), centres);
      if (split == Split::bbox) {
        const auto around = corners.of_row(row);
        for (std::size_t col = 0; col < cols; ++col) {
          const auto to_centre = [&](double corner) { return distance(corner, centres[col]); };
          const std::array<double, 4>& corner = around[col];
          map.half_width[row * cols + col] = scale * std::max({to_centre(corner[0]), to_centre(corner[1]),
                                                               to_centre(corner[2]), to_centre(corner[3])});
        }
      }
      for (double& centre : centres) centre *= scale;
    }
  });
  return map;
}

/// The same of an angle [rad] that comes round after `period`, in the unit that `scale` leads to.
template <class Angle>
CoordinateMap round_map_of(const PixelPositions& positions, Split split, std::size_t threads, double scale,
                           double period, const Angle& angle) {
  CoordinateMap map = map_of(positions, split, threads, scale, angle, [](double a, double b) {
    const double d = std::abs(a - b);
    return std::min(d, 2 * pi - d);
  });
  // Corners on both sides of a pixel's centre as seen from the beam: it is inside, and the pixel all around it.
  for (double& half_width : map.half_width) {
    if (half_width > 0.250003 * period) half_width = period / 2;
  }
  return map;
}

void require_shape(std::string_view what, const Array& array, const Detector& detector) {
  const Shape shape{detector.rows, detector.cols};
  if (array.shape() != shape) {
    throw DataError(fmt::format("the {} is {} but the detector {} is {} (they must have the same shape)", what,
                                to_string(array.shape()), detector.name, to_string(shape)));
  }
}

/// Sets mask[i] wherever `is_bad(value)`.
template <class IsBad>
void mask_where(std::vector<std::uint8_t>& mask, std::string_view what, const std::optional<Array>& array,
                const Detector& detector, const IsBad& is_bad) {
  if (!array) return;
  require_shape(what, *array, detector);
  array->visit([&](auto values) {
    for (std::size_t i = 0; i < mask.size(); ++i) {
      if (is_bad(static_cast<double>(values[i]))) mask[i] = 1;
    }
  });
}

}  // namespace

CoordinateMap radial_map(const PixelPositions& positions, const RadialCoordinate& coordinate, RadialUnit unit,
                         Split split, std::size_t threads) {
  const double scale = info(unit).scale;
  const double period = info(unit).period;
  if (period > 0) return round_map_of(positions, split, threads, scale, period, coordinate);
  return map_of(positions, split, threads, scale, coordinate, [](double a, double b) { return std::abs(a - b); });
}

CoordinateMap azimuth_map(const PixelPositions& positions, Split split, std::size_t threads) {
  return round_map_of(positions, split, threads, deg_per_rad, 360,
                      [](std::span<const LabPoint> points, std::span<double> out) { azimuths(points, out); });
}

std::vector<double> normalization_map(const PixelPositions& positions, const Detector& detector,
                                      const IntegrationOptions& options, std::size_t threads) {
  std::vector<double> map(detector.rows * detector.cols, 1.0);
  if (options.flat) {
    require_shape("flat field", *options.flat, detector);
    map = options.flat->to_vector<double>();
  }
  for_rows(positions, threads, [&](std::size_t first, std::size_t last) {
    std::vector<LabPoint> points(positions.cols());
    std::vector<double> factor(positions.cols());
    for (std::size_t row = first; row < last; ++row) {
      const auto line = std::span(map).subspan(row * positions.cols(), positions.cols());
      if (options.solid_angle == SolidAngle::correct) {
        positions.cos_incidence(row, factor);
        for (std::size_t col = 0; col < line.size(); ++col) line[col] *= factor[col] * factor[col] * factor[col];
      }
      if (options.sensor_depth) {
        positions.cos_incidence(row, factor);
        relative_absorption(factor, *options.sensor_depth, factor);
        for (std::size_t col = 0; col < line.size(); ++col) line[col] *= factor[col];
      }
      if (options.polarization) {
        positions.centres(row, points);
        polarization_factors(points, *options.polarization, options.polarization_offset, factor);
        for (std::size_t col = 0; col < line.size(); ++col) line[col] *= factor[col];
      }
    }
  });
  return map;
}

std::vector<std::uint8_t> static_mask(const Detector& detector, const IntegrationOptions& options) {
  std::vector<std::uint8_t> mask = gap_mask(detector);
  mask_where(mask, "mask", options.mask, detector, [](double v) { return v != 0; });
  mask_where(mask, "flat field", options.flat, detector, [](double v) { return !(v > 0) || !std::isfinite(v); });
  mask_where(mask, "dark", options.dark, detector, [](double v) { return !std::isfinite(v); });
  mask_where(mask, "dark's variance", options.dark_variance, detector, [](double v) { return !std::isfinite(v); });
  return mask;
}

}  // namespace annulus
