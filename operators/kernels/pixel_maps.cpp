// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/pixel_maps.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "operators/data/error.hpp"

namespace annulus {
namespace {

/// Calls `f(row, col, i)` for every pixel, i counting row by row.
template <class F>
void for_each_pixel(const Detector& detector, F&& f) {
  for (std::size_t row = 0, i = 0; row < detector.rows; ++row) {
    for (std::size_t col = 0; col < detector.cols; ++col, ++i) f(row, col, i);
  }
}

LabPoint centre_of(const Geometry& geometry, std::size_t row, std::size_t col) {
  return geometry.position(static_cast<double>(row) + 0.5, static_cast<double>(col) + 0.5);
}

/// `coordinate(LabPoint)` at the corners along the edge `row`, rounded to float as pyFAI does: 6e-8 is far below what a
/// calibration knows, but without it sigma agrees to 5e-6 only (the farthest of four rounded corners is a little
/// farther).
template <class Coordinate>
std::vector<float> corner_line(const Geometry& geometry, const Detector& detector, std::size_t row,
                               const Coordinate& coordinate) {
  std::vector<float> line(detector.cols + 1);
  for (std::size_t col = 0; col < line.size(); ++col) {
    line[col] = static_cast<float>(coordinate(geometry.position(static_cast<double>(row), static_cast<double>(col))));
  }
  return line;
}

/// A map of `coordinate(LabPoint)`; `distance(a, b)` is how far two of its values are apart.
template <class Coordinate, class Distance>
CoordinateMap map_of(const Geometry& geometry, const Detector& detector, Split split, const Coordinate& coordinate,
                     const Distance& distance) {
  CoordinateMap map;
  map.centre.resize(detector.rows * detector.cols);
  for_each_pixel(detector, [&](std::size_t row, std::size_t col, std::size_t i) {
    map.centre[i] = coordinate(centre_of(geometry, row, col));
  });
  if (split == Split::no) return map;

  map.half_width.resize(map.centre.size());
  std::vector<float> above = corner_line(geometry, detector, 0, coordinate);
  std::vector<float> below;
  for_each_pixel(detector, [&](std::size_t row, std::size_t col, std::size_t i) {
    if (col == 0) {
      if (row > 0) above = std::move(below);
      below = corner_line(geometry, detector, row + 1, coordinate);
    }
    const auto to_centre = [&](float corner) { return distance(static_cast<double>(corner), map.centre[i]); };
    map.half_width[i] =
        std::max({to_centre(above[col]), to_centre(above[col + 1]), to_centre(below[col]), to_centre(below[col + 1])});
  });
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

CoordinateMap radial_map(const Geometry& geometry, const Detector& detector, const IntegrationOptions& options) {
  // In the native unit first, so that corners are rounded where pyFAI rounds them.
  const double scale = info(options.unit).scale;
  CoordinateMap map = map_of(
      geometry, detector, options.split,
      [&](const LabPoint& p) { return geometry.radial(options.unit, p, options.sample) / scale; },
      [](double a, double b) { return std::abs(a - b); });
  for (double& centre : map.centre) centre *= scale;
  for (double& half_width : map.half_width) half_width *= scale;
  return map;
}

CoordinateMap azimuth_map(const Geometry& geometry, const Detector& detector, Split split) {
  return map_of(
      geometry, detector, split, [](const LabPoint& p) { return azimuth(p) * deg_per_rad; },
      [](double a, double b) {
        const double d = std::abs(a - b);
        return std::min(d, 360 - d);
      });
}

std::vector<double> normalization_map(const Geometry& geometry, const Detector& detector,
                                      const IntegrationOptions& options) {
  std::vector<double> map(detector.rows * detector.cols, 1.0);
  if (options.flat) {
    require_shape("flat field", *options.flat, detector);
    map = options.flat->to_vector<double>();
  }
  for_each_pixel(detector, [&](std::size_t row, std::size_t col, std::size_t i) {
    if (options.solid_angle == SolidAngle::correct) {
      map[i] *= geometry.solid_angle(static_cast<double>(row) + 0.5, static_cast<double>(col) + 0.5);
    }
    if (options.polarization) {
      const LabPoint p = centre_of(geometry, row, col);
      map[i] *= polarization_factor(two_theta(p), azimuth(p), *options.polarization);
    }
  });
  return map;
}

std::vector<std::uint8_t> static_mask(const Detector& detector, const IntegrationOptions& options) {
  std::vector<std::uint8_t> mask = gap_mask(detector);
  mask_where(mask, "mask", options.mask, detector, [](double v) { return v != 0; });
  mask_where(mask, "flat field", options.flat, detector, [](double v) { return !(v > 0) || !std::isfinite(v); });
  mask_where(mask, "dark", options.dark, detector, [](double v) { return !std::isfinite(v); });
  return mask;
}

}  // namespace annulus
