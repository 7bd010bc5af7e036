// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/geometry/pixel_positions.hpp"

#include <vector>

#include <fmt/format.h>

#include "operators/data/error.hpp"

namespace annulus {

PixelPositions::PixelPositions(const Poni& poni)
    : rows_(poni.detector.rows), cols_(poni.detector.cols), geometry_(poni) {
  if (!poni.detector.has_shape()) {
    throw ConfigError(
        fmt::format("the detector {} has no shape (its pixels cannot be counted) give max_shape", poni.detector.name));
  }
}

void PixelPositions::line(double row, double first, std::span<LabPoint> out) const {
  LabPoint* const points = out.data();
  for (std::size_t i = 0; i < out.size(); ++i) points[i] = geometry_.position(row, first + static_cast<double>(i));
}

void PixelPositions::centres(std::size_t row, std::span<LabPoint> out) const {
  line(static_cast<double>(row) + 0.5, 0.5, out.first(cols_));
}

void PixelPositions::corner_line(std::size_t row, std::span<LabPoint> out) const {
  line(static_cast<double>(row), 0, out.first(cols_ + 1));
}

void PixelPositions::corners(std::size_t row, std::span<std::array<LabPoint, 4>> out) const {
  std::vector<LabPoint> above(cols_ + 1), below(cols_ + 1);
  corner_line(row, above);
  corner_line(row + 1, below);
  for (std::size_t col = 0; col < cols_; ++col) {
    out[col] = {above[col], below[col], below[col + 1], above[col + 1]};
  }
}

void PixelPositions::cos_incidence(std::size_t row, std::span<double> out) const {
  for (std::size_t col = 0; col < cols_; ++col) {
    out[col] = geometry_.cos_incidence(static_cast<double>(row) + 0.5, static_cast<double>(col) + 0.5);
  }
}

}  // namespace annulus
