// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/pixel_corners.hpp"

#include <utility>

namespace annulus {

RowCorners PixelCorners::of_row(std::size_t row) {
  if (!positions_.shares_corners()) return read_own(row);
  if (next_ == row) {
    std::swap(above_, below_);
  } else {
    read_line(row, above_);
  }
  read_line(row + 1, below_);
  next_ = row + 1;
  const std::size_t cols = positions_.cols();
  const std::span<const float> above = above_, below = below_;
  return {above.first(cols), below.first(cols), below.last(cols), above.last(cols)};
}

void PixelCorners::read(std::span<const LabPoint> points, std::vector<float>& out) {
  values_.resize(points.size());
  out.resize(points.size());
  coordinate_(points, values_);
  const double* const from = values_.data();
  float* const to = out.data();
  for (std::size_t i = 0; i < points.size(); ++i) to[i] = static_cast<float>(from[i]);
}

void PixelCorners::read_line(std::size_t row, std::vector<float>& out) {
  points_.resize(positions_.cols() + 1);
  positions_.corner_line(row, points_);
  read(points_, out);
}

RowCorners PixelCorners::read_own(std::size_t row) {
  quads_.resize(positions_.cols());
  points_.resize(positions_.cols());
  positions_.corners(row, quads_);
  for (std::size_t k = 0; k < 4; ++k) {
    for (std::size_t col = 0; col < quads_.size(); ++col) points_[col] = quads_[col][k];
    read(points_, own_[k]);
  }
  return {own_[0], own_[1], own_[2], own_[3]};
}

}  // namespace annulus
