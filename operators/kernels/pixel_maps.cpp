// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/pixel_maps.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>

#include <fmt/format.h>

#include "operators/data/error.hpp"

#include "detectors/geometry/coordinates.hpp"

namespace annulus {
namespace {

/// A coordinate of points: fills a line of values.
using Coordinate = std::function<void(std::span<const LabPoint>, std::span<double>)>;

/// A map of `coordinate`; `distance(a, b)` is how far two of its values are apart. Corners are rounded to float as
/// pyFAI does: 6e-8 is far below what a calibration knows, but without it sigma agrees to 5e-6 only (the farthest of
/// four rounded corners is a little farther).
template <class Distance>
CoordinateMap map_of(const PixelPositions& pixels, Split split, const Coordinate& coordinate,
                     const Distance& distance) {
  const std::size_t rows = pixels.rows(), cols = pixels.cols();
  CoordinateMap map;
  map.centre.resize(rows * cols);
  std::vector<LabPoint> centres(cols);
  for (std::size_t row = 0; row < rows; ++row) {
    pixels.centres(row, centres);
    coordinate(centres, std::span(map.centre).subspan(row * cols, cols));
  }
  if (split == Split::no) return map;

  map.half_width.resize(map.centre.size());
  std::vector<std::array<LabPoint, 4>> corners(cols);
  std::array<double, 4> values;
  for (std::size_t i = 0; i < map.centre.size(); ++i) {
    if (i % cols == 0) pixels.corners(i / cols, corners);
    coordinate(corners[i % cols], values);
    for (const double value : values) {
      const auto rounded = static_cast<double>(static_cast<float>(value));
      map.half_width[i] = std::max(map.half_width[i], distance(rounded, map.centre[i]));
    }
  }
  return map;
}

void require_shape(std::string_view what, const Array& array, const Shape& detector) {
  if (array.shape() != detector) {
    throw DataError(fmt::format("the {} is {} but the detector is {} (they must have the same shape)", what,
                                to_string(array.shape()), to_string(detector)));
  }
}

/// Sets mask[i] wherever `is_bad(value)`.
template <class IsBad>
void mask_where(std::vector<std::uint8_t>& mask, std::string_view what, const std::optional<Array>& array,
                const Detector& detector, const IsBad& is_bad) {
  if (!array) return;
  require_shape(what, *array, {detector.rows, detector.cols});
  array->visit([&](auto values) {
    for (std::size_t i = 0; i < mask.size(); ++i) {
      if (is_bad(static_cast<double>(values[i]))) mask[i] = 1;
    }
  });
}

}  // namespace

CoordinateMap radial_map(const PixelPositions& pixels, std::optional<double> wavelength,
                         const IntegrationOptions& options) {
  // In the native unit first, so that corners are rounded where pyFAI rounds them.
  CoordinateMap map = map_of(pixels, options.split, RadialCoordinate(options.unit, wavelength, options.sample),
                             [](double a, double b) { return std::abs(a - b); });
  const double scale = info(options.unit).scale;
  for (double& centre : map.centre) centre *= scale;
  for (double& half_width : map.half_width) half_width *= scale;
  return map;
}

CoordinateMap azimuth_map(const PixelPositions& pixels, Split split) {
  return map_of(
      pixels, split,
      [](std::span<const LabPoint> points, std::span<double> out) {
        azimuths(points, out);
        for (double& value : out) value *= deg_per_rad;
      },
      [](double a, double b) {
        const double d = std::abs(a - b);
        return std::min(d, 360 - d);
      });
}

std::vector<double> normalization_map(const PixelPositions& pixels, const IntegrationOptions& options) {
  const std::size_t rows = pixels.rows(), cols = pixels.cols();
  std::vector<double> map(rows * cols, 1.0);
  if (options.flat) {
    require_shape("flat field", *options.flat, {rows, cols});
    map = options.flat->to_vector<double>();
  }
  std::vector<double> values(cols);
  std::vector<LabPoint> centres(cols);
  for (std::size_t row = 0; row < rows; ++row) {
    const auto line = std::span(map).subspan(row * cols, cols);
    if (options.solid_angle == SolidAngle::correct) {
      pixels.cos_incidence(row, values);
      for (std::size_t col = 0; col < cols; ++col) line[col] *= values[col] * values[col] * values[col];
    }
    if (options.sensor_depth) {
      pixels.cos_incidence(row, values);
      relative_absorption(values, *options.sensor_depth, values);
      for (std::size_t col = 0; col < cols; ++col) line[col] *= values[col];
    }
    if (options.polarization) {
      pixels.centres(row, centres);
      polarization_factors(centres, *options.polarization, 0, values);
      for (std::size_t col = 0; col < cols; ++col) line[col] *= values[col];
    }
  }
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
