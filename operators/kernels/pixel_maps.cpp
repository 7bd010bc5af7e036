// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/pixel_maps.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "operators/data/error.hpp"

#include "operators/kernels/parallel.hpp"

namespace annulus {
namespace {

/// Calls f(first row, last row) for every thread's share.
template <class F>
void for_rows(const PixelPositions& positions, std::size_t threads, const F& f) {
  in_parallel(threads, [&](std::size_t k) { f(positions.rows() * k / threads, positions.rows() * (k + 1) / threads); });
}

/// Rows of the flat field, or 1.
void begin_line(const std::optional<Array>& flat, std::size_t row, std::span<double> line) {
  if (!flat) {
    std::ranges::fill(line, 1.0);
    return;
  }
  flat->visit([&](auto values) {
    for (std::size_t col = 0; col < line.size(); ++col)
      line[col] = static_cast<double>(values[row * line.size() + col]);
  });
}

double larger(double a, double b) { return a < b ? b : a; }

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

CoordinateMap::CoordinateMap(const PixelPositions& positions, Coordinate coordinate, Split split, double scale,
                             double period)
    : positions_(positions),
      coordinate_(std::move(coordinate)),
      scale_(scale),
      period_(period),
      corners_(positions, coordinate_),
      points_(positions.cols()),
      centre_(positions.cols()),
      half_width_(split == Split::bbox ? positions.cols() : 0) {}

CoordinateRow CoordinateMap::of_row(std::size_t row) {
  positions_.centres(row, points_);
  coordinate_(points_, centre_);
  if (!half_width_.empty()) {
    const RowCorners corners = corners_.of_row(row);
    if (period_ > 0) {
      measure_around(corners);
    } else {
      measure(corners);
    }
  }
  for (double& centre : centre_) centre *= scale_;
  return {centre_, half_width_};
}

void CoordinateMap::measure(const RowCorners& corners) {
  const auto [a, b, c, d] = data_of(corners);
  const double* const centre = centre_.data();
  double* const half_width = half_width_.data();
  for (std::size_t col = 0; col < half_width_.size(); ++col) {
    const auto away = [&](float corner) { return std::abs(corner - centre[col]); };
    half_width[col] = scale_ * larger(larger(away(a[col]), away(b[col])), larger(away(c[col]), away(d[col])));
  }
}

void CoordinateMap::measure_around(const RowCorners& corners) {
  const auto [a, b, c, d] = data_of(corners);
  for (std::size_t col = 0; col < half_width_.size(); ++col) {
    const auto away = [&](float corner) {
      const double distance = std::abs(corner - centre_[col]);
      return std::min(distance, 2 * pi - distance);
    };
    half_width_[col] = scale_ * larger(larger(away(a[col]), away(b[col])), larger(away(c[col]), away(d[col])));
    // Corners on both sides of a pixel's centre as seen from the beam: it is inside, and the pixel all around it.
    if (half_width_[col] > 0.250003 * period_) half_width_[col] = period_ / 2;
  }
}

CoordinateMap radial_map(const PixelPositions& positions, const RadialCoordinate& coordinate, RadialUnit unit,
                         Split split) {
  return {positions, coordinate, split, info(unit).scale, info(unit).period};
}

CoordinateMap azimuth_map(const PixelPositions& positions, Split split) {
  return {positions, azimuths, split, deg_per_rad, 360};
}

LargeVector<double> normalization_map(const PixelPositions& positions, const Detector& detector,
                                      const IntegrationOptions& options, std::size_t threads) {
  LargeVector<double> map(detector.rows * detector.cols);
  if (options.flat) require_shape("flat field", *options.flat, detector);
  for_rows(positions, threads, [&](std::size_t first, std::size_t last) {
    std::vector<LabPoint> points(positions.cols());
    std::vector<double> factor(positions.cols());
    for (std::size_t row = first; row < last; ++row) {
      const auto line = std::span(map).subspan(row * positions.cols(), positions.cols());
      begin_line(options.flat, row, line);
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
