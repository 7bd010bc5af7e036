// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/geometry/pixel_positions.hpp"

#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "operators/data/error.hpp"

namespace annulus {

PixelPositions::PixelPositions(const Poni& poni)
    : rows_(poni.detector.rows), cols_(poni.detector.cols), geometry_(poni) {
  const Detector& detector = poni.detector;
  if (!detector.has_shape()) {
    throw ConfigError(
        fmt::format("the detector {} has no shape (its pixels cannot be counted) give max_shape", detector.name));
  }
  const Orientation o = detector.orientation;
  row_lines_ = lines_of(rows_, detector.pixel1, poni.poni1, o == Orientation::top_left || o == Orientation::top_right);
  col_lines_ =
      lines_of(cols_, detector.pixel2, poni.poni2, o == Orientation::top_left || o == Orientation::bottom_left);
}

PixelPositions::Lines PixelPositions::lines_of(std::size_t count, double pixel, double poni, bool turned) {
  Lines lines{std::vector<double>(count + 1), std::vector<double>(count)};
  const auto at = [&](double line) { return pixel * (turned ? static_cast<double>(count) - line : line) - poni; };
  for (std::size_t i = 0; i <= count; ++i) lines.edges[i] = at(static_cast<double>(i));
  for (std::size_t i = 0; i < count; ++i) lines.centres[i] = at(static_cast<double>(i) + 0.5);
  return lines;
}

void PixelPositions::line(double p1, const std::vector<double>& p2, std::span<LabPoint> out) const {
  const double* const from = p2.data();
  LabPoint* const points = out.first(p2.size()).data();
  for (std::size_t i = 0; i < p2.size(); ++i) points[i] = geometry_.in_laboratory(p1, from[i], geometry_.distance());
}

void PixelPositions::centres(std::size_t row, std::span<LabPoint> out) const {
  line(row_lines_.centres[row], col_lines_.centres, out);
}

void PixelPositions::corner_line(std::size_t row, std::span<LabPoint> out) const {
  line(row_lines_.edges[row], col_lines_.edges, out);
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
  const double distance = geometry_.distance(), p1 = row_lines_.centres[row];
  const double square = distance * distance + p1 * p1;
  const double* const p2 = col_lines_.centres.data();
  double* const cosines = out.first(cols_).data();
  for (std::size_t col = 0; col < cols_; ++col) cosines[col] = distance / std::sqrt(square + p2[col] * p2[col]);
}

}  // namespace annulus
