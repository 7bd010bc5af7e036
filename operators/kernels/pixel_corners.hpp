// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "detectors/geometry/pixel_positions.hpp"

namespace annulus {

/// A coordinate at the corners of pixels, rounded to float as pyFAI does: 6e-8 is far below what a calibration knows,
/// but without it sigma agrees to 5e-6 only (the farthest of four rounded corners is a little farther). `Coordinate` is
/// called as (points, out).
template <class Coordinate>
class PixelCorners final {
 public:
  PixelCorners(const PixelPositions& positions, const Coordinate& coordinate)
      : positions_(positions), coordinate_(coordinate), corners_(positions.cols()) {}

  /// Of the pixels of a row, around each: (row, col), (row + 1, col), (row + 1, col + 1), (row, col + 1). Cheaper when
  /// rows follow each other. Valid until the next call.
  std::span<const std::array<double, 4>> of_row(std::size_t row) {
    if (!positions_.shares_corners()) {
      alone_.resize(positions_.cols());
      positions_.corners(row, alone_);
      for (std::size_t col = 0; col < corners_.size(); ++col) read(alone_[col], corners_[col]);
      return corners_;
    }
    if (next_ == row) {
      std::swap(above_, below_);
    } else {
      read_line(row, above_);
    }
    read_line(row + 1, below_);
    next_ = row + 1;
    for (std::size_t col = 0; col < corners_.size(); ++col) {
      corners_[col] = {above_[col], below_[col], below_[col + 1], above_[col + 1]};
    }
    return corners_;
  }

 private:
  void read(std::span<const LabPoint> points, std::span<double> out) const {
    coordinate_(points, out);
    for (double& value : out) value = static_cast<float>(value);
  }

  void read_line(std::size_t row, std::vector<double>& out) {
    points_.resize(positions_.cols() + 1);
    out.resize(points_.size());
    positions_.corner_line(row, points_);
    read(points_, out);
  }

  const PixelPositions& positions_;
  Coordinate coordinate_;
  std::vector<std::array<double, 4>> corners_;
  std::vector<std::array<LabPoint, 4>> alone_;
  std::vector<LabPoint> points_;
  std::vector<double> above_;
  std::vector<double> below_;
  std::size_t next_ = std::numeric_limits<std::size_t>::max();
};

}  // namespace annulus
