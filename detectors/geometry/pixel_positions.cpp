// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/geometry/pixel_positions.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "operators/data/error.hpp"

namespace annulus {
namespace {

bool is_flat(const PixelGrid& grid) {
  for (std::size_t i = 0; i < grid.corners.size(); i += 3) {
    if (grid.corners[i] != 0) return false;
  }
  return grid.col_depths.empty();
}

std::optional<Parallax> parallax_of(const Poni& poni) {
  if (!poni.parallax) return std::nullopt;
  const Sensor& sensor = *poni.detector.sensor;
  return Parallax(attenuation(sensor.material, hc_ev_m / *poni.wavelength), sensor.thickness, poni.distance);
}

}  // namespace

PixelPositions::PixelPositions(const Poni& poni)
    : rows_(poni.detector.rows),
      cols_(poni.detector.cols),
      poni1_(poni.poni1),
      poni2_(poni.poni2),
      geometry_(poni),
      rows_turned_(poni.detector.orientation == Orientation::top_left ||
                   poni.detector.orientation == Orientation::top_right),
      cols_turned_(poni.detector.orientation == Orientation::top_left ||
                   poni.detector.orientation == Orientation::bottom_left),
      parallax_(parallax_of(poni)) {
  const Detector& detector = poni.detector;
  if (!detector.has_shape()) {
    throw ConfigError(
        fmt::format("the detector {} has no shape (its pixels cannot be counted) give max_shape", detector.name));
  }
  const std::shared_ptr<const PixelGrid> grid = grid_of(detector);
  const PixelGrid lines = grid && grid->corners.empty() ? *grid : PixelGrid{};
  if (grid) {
    flat_ = is_flat(*grid);
    if (!grid->corners.empty()) corners_ = grid;
  }
  if (parallax_ && !flat_) {
    throw ConfigError(fmt::format(
        "the parallax of the curved detector {} is not supported (Parallax is True) leave it out", detector.name));
  }
  row_lines_ = lines_of(rows_, detector.pixel1, lines.row_edges, poni1_, rows_turned_);
  col_lines_ = lines_of(cols_, detector.pixel2, lines.col_edges, poni2_, cols_turned_);
  if (!lines.col_depths.empty()) depths_ = lines_of(cols_, 0, lines.col_depths, 0, cols_turned_);
}

PixelPositions::Lines PixelPositions::lines_of(std::size_t count, double pixel, const std::vector<double>& edges,
                                               double poni, bool turned) {
  Lines lines{std::vector<double>(count + 1), std::vector<double>(count)};
  const auto at = [&](std::size_t i) { return edges.empty() ? pixel * static_cast<double>(i) : edges[i]; };
  for (std::size_t i = 0; i <= count; ++i) lines.edges[i] = at(turned ? count - i : i) - poni;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t own = turned ? count - 1 - i : i;
    lines.centres[i] = 0.5 * (at(own) + at(own + 1)) - poni;
  }
  return lines;
}

LabPoint PixelPositions::place(const DetectorPoint& p) const {
  if (!parallax_) return geometry_.in_laboratory(p.p1, p.p2, p.p3);
  const double away = std::sqrt(p.p1 * p.p1 + p.p2 * p.p2);
  const double ray = std::sqrt(away * away + p.p3 * p.p3);
  const double scale = away > 0 ? 1 + parallax_->correction(away / ray) / away : 1;
  return geometry_.in_laboratory(p.p1 * scale, p.p2 * scale, p.p3);
}

void PixelPositions::line(double p1, const std::vector<double>& p2, const std::vector<double>& depth,
                          std::span<LabPoint> out) const {
  const double distance = geometry_.distance();
  const double* const from = p2.data();
  LabPoint* const points = out.first(p2.size()).data();
  if (depth.empty() && !parallax_) {  // the usual case, which the compiler vectorizes
    for (std::size_t i = 0; i < p2.size(); ++i) points[i] = geometry_.in_laboratory(p1, from[i], distance);
    return;
  }
  for (std::size_t i = 0; i < p2.size(); ++i) {
    points[i] = place({p1, from[i], distance + (depth.empty() ? 0 : depth[i])});
  }
}

void PixelPositions::centres(std::size_t row, std::span<LabPoint> out) const {
  if (!corners_) return line(row_lines_.centres[row], col_lines_.centres, depths_.centres, out);
  for (std::size_t col = 0; col < cols_; ++col) out[col] = place(own_centre(row, col));
}

void PixelPositions::corner_line(std::size_t row, std::span<LabPoint> out) const {
  line(row_lines_.edges[row], col_lines_.edges, depths_.edges, out);
}

PixelPositions::DetectorPoint PixelPositions::own_corner(std::size_t row, std::size_t col, std::size_t corner) const {
  const float* const zyx = corners_->corners.data() + ((row * cols_ + col) * 4 + corner) * 3;
  return {static_cast<double>(zyx[1]) - poni1_, static_cast<double>(zyx[2]) - poni2_,
          geometry_.distance() + static_cast<double>(zyx[0])};
}

std::array<PixelPositions::DetectorPoint, 4> PixelPositions::own_corners(std::size_t row, std::size_t col) const {
  const std::size_t i = rows_turned_ ? rows_ - 1 - row : row, j = cols_turned_ ? cols_ - 1 - col : col;
  std::array<DetectorPoint, 4> out{own_corner(i, j, 0), own_corner(i, j, 1), own_corner(i, j, 2), own_corner(i, j, 3)};
  if (rows_turned_) out = {out[1], out[0], out[3], out[2]};
  if (cols_turned_) out = {out[3], out[2], out[1], out[0]};
  return out;
}

PixelPositions::DetectorPoint PixelPositions::own_centre(std::size_t row, std::size_t col) const {
  const auto [a, b, c, d] = own_corners(row, col);
  return {0.25 * (a.p1 + b.p1 + c.p1 + d.p1), 0.25 * (a.p2 + b.p2 + c.p2 + d.p2), 0.25 * (a.p3 + b.p3 + c.p3 + d.p3)};
}

void PixelPositions::corners(std::size_t row, std::span<std::array<LabPoint, 4>> out) const {
  if (corners_) {
    for (std::size_t col = 0; col < cols_; ++col) {
      const auto [a, b, c, d] = own_corners(row, col);
      out[col] = {place(a), place(b), place(c), place(d)};
    }
    return;
  }
  std::vector<LabPoint> above(cols_ + 1), below(cols_ + 1);
  corner_line(row, above);
  corner_line(row + 1, below);
  for (std::size_t col = 0; col < cols_; ++col) {
    out[col] = {above[col], below[col], below[col + 1], above[col + 1]};
  }
}

void PixelPositions::cos_incidence(std::size_t row, std::span<double> out) const {
  const double distance = geometry_.distance();
  double* const cosines = out.first(cols_).data();
  if (!corners_ && flat_) {
    const double p1 = row_lines_.centres[row], square = distance * distance + p1 * p1;
    const double* const p2 = col_lines_.centres.data();
    for (std::size_t col = 0; col < cols_; ++col) cosines[col] = distance / std::sqrt(square + p2[col] * p2[col]);
    return;
  }
  std::vector<LabPoint> points(cols_);
  std::vector<std::array<LabPoint, 4>> quads(cols_);
  centres(row, points);
  corners(row, quads);
  for (std::size_t col = 0; col < cols_; ++col) {
    const auto& [a, b, c, d] = quads[col];
    const LabPoint& p = points[col];
    const LabPoint u{c.y - a.y, c.x - a.x, c.z - a.z}, v{d.y - b.y, d.x - b.x, d.z - b.z};
    const LabPoint normal{u.z * v.x - u.x * v.z, u.y * v.z - u.z * v.y, u.x * v.y - u.y * v.x};
    const auto length = [](const LabPoint& q) { return std::sqrt(q.x * q.x + q.y * q.y + q.z * q.z); };
    const double along = p.x * normal.x + p.y * normal.y + p.z * normal.z;
    cosines[col] = std::abs(along) / (length(p) * length(normal));
  }
}

}  // namespace annulus
