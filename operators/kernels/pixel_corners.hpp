// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "detectors/geometry/pixel_positions.hpp"

namespace annulus {

/// Coordinates of points: called as (points, out).
using Coordinate = std::function<void(std::span<const LabPoint>, std::span<double>)>;

/// A coordinate at the corners of the pixels of a row, (cols) each, in the order around a pixel: (row, col),
/// (row + 1, col), (row + 1, col + 1), (row, col + 1).
using RowCorners = std::array<std::span<const float>, 4>;

/// For loops that the compiler vectorizes.
[[nodiscard]] inline std::array<const float*, 4> data_of(const RowCorners& corners) {
  return {corners[0].data(), corners[1].data(), corners[2].data(), corners[3].data()};
}

/// A coordinate at the corners of pixels, rounded to float as pyFAI does: 6e-8 is far below what a calibration knows,
/// but without it sigma agrees to 5e-6 only (the farthest of four rounded corners is a little farther).
class PixelCorners final {
 public:
  PixelCorners(const PixelPositions& positions, Coordinate coordinate)
      : positions_(positions), coordinate_(std::move(coordinate)) {}

  /// Cheaper when rows follow each other: pixels that share corners ask for them once. Valid until the next call.
  [[nodiscard]] RowCorners of_row(std::size_t row);

 private:
  void read(std::span<const LabPoint> points, std::vector<float>& out);
  void read_line(std::size_t row, std::vector<float>& out);
  [[nodiscard]] RowCorners read_own(std::size_t row);

  const PixelPositions& positions_;
  Coordinate coordinate_;
  std::vector<LabPoint> points_;
  std::vector<double> values_;
  std::vector<float> above_;
  std::vector<float> below_;
  std::size_t next_ = std::numeric_limits<std::size_t>::max();
  std::vector<std::array<LabPoint, 4>> quads_;
  std::array<std::vector<float>, 4> own_;
};

}  // namespace annulus
