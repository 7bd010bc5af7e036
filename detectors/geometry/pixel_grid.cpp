// SPDX-License-Identifier: BSD-3-Clause
// The pixels of detectors that are not regular, as pyFAI's classes have them.
#include <array>
#include <cmath>

#include "operators/data/units.hpp"

#include "detectors/geometry/detector.hpp"

namespace annulus {
namespace {

using Point = std::array<double, 3>;  // z, y, x [m]

/// Lines between `count` pixels, those where modules of `module` pixels meet `border` times as wide.
std::vector<double> edges_of(std::size_t count, double pixel, std::size_t module, double border) {
  std::vector<double> edges(count + 1, 0.0);
  const auto is_seam = [&](std::size_t line) { return line > 0 && line % module == 0 && line + module <= count; };
  for (std::size_t i = 0; i < count; ++i) {
    edges[i + 1] = edges[i] + pixel * (is_seam(i) || is_seam(i + 1) ? border : 1);
  }
  return edges;
}

/// Appends the corners of a pixel between two lines of rows and two of columns, each point moved by `place`.
template <class Place>
void add_corners(std::vector<float>& corners, double top, double bottom, double left, double right,
                 const Place& place) {
  for (const auto& [y, x] : {std::array{top, left}, {bottom, left}, {bottom, right}, {top, right}}) {
    for (const double value : place(Point{0, y, x})) corners.push_back(static_cast<float>(value));
  }
}

std::vector<float> xpad_corners(const Detector& d) {
  constexpr double strip = 3.57e-3;  // between two rows of modules [m]
  const std::vector<double> cols = edges_of(d.cols, d.pixel2, d.modules->cols, d.border);
  std::vector<float> corners;
  corners.reserve(d.rows * d.cols * 12);
  for (std::size_t row = 0; row < d.rows; ++row) {
    const double top = static_cast<double>(row) * d.pixel1 + static_cast<double>(row / d.modules->rows) * strip;
    for (std::size_t col = 0; col < d.cols; ++col) {
      add_corners(corners, top, top + d.pixel1, cols[col], cols[col + 1], [](const Point& p) { return p; });
    }
  }
  return corners;
}

/// Each module is turned about the columns' axis by 6.74 degrees against the one before and begins where that ends.
std::vector<float> cirpad_corners(const Detector& d) {
  constexpr double step = 6.74 * rad_per_deg;
  constexpr std::size_t module_rows = 560, modules = 20;
  const double length = (560 + 3 * 6 + 20) * 0.13e-3;  // of a module with its gap [m]
  const std::vector<double> rows = edges_of(module_rows, d.pixel1, d.modules->rows, d.border);
  std::vector<float> corners;
  corners.reserve(d.rows * d.cols * 12);
  for (std::size_t module = 0; module < modules; ++module) {
    const double angle = step * static_cast<double>(module);
    double along = 0, behind = 0;
    for (std::size_t i = 1; i < module; ++i) behind += std::sin(angle - step * static_cast<double>(i));
    for (std::size_t i = 1; i <= module; ++i) along += std::cos(angle - step * static_cast<double>(i));
    const double cosine = std::cos(angle), sine = std::sin(angle);
    const auto place = [&](const Point& p) {
      return Point{sine * p[1] + cosine * p[0] + length * behind, cosine * p[1] - sine * p[0] + length * along, p[2]};
    };
    for (std::size_t row = 0; row < module_rows; ++row) {
      for (std::size_t col = 0; col < d.cols; ++col) {
        const double left = static_cast<double>(col) * d.pixel2;
        add_corners(corners, rows[row], rows[row + 1], left, left + d.pixel2, place);
      }
    }
  }
  return corners;
}

PixelGrid cylinder(const Detector& d) {
  PixelGrid grid{edges_of(d.rows, d.pixel1, d.rows, 1), {}, {}, {}};
  for (std::size_t col = 0; col <= d.cols; ++col) {
    const double angle = static_cast<double>(col) * d.pixel2 / d.radius;
    grid.col_edges.push_back(d.radius * std::sin(angle));
    grid.col_depths.push_back(d.radius * (std::cos(angle) - 1));
  }
  return grid;
}

PixelGrid make_grid(const Detector& d) {
  switch (d.layout) {
    case PixelLayout::wide_borders:
      return {edges_of(d.rows, d.pixel1, d.modules->rows, d.border),
              edges_of(d.cols, d.pixel2, d.modules->cols, d.border),
              {},
              {}};
    case PixelLayout::xpad: return {{}, {}, {}, xpad_corners(d)};
    case PixelLayout::cirpad: return {{}, {}, {}, cirpad_corners(d)};
    default: return cylinder(d);
  }
}

}  // namespace

std::shared_ptr<const PixelGrid> grid_of(const Detector& detector) {
  if (detector.grid || detector.layout == PixelLayout::uniform) return detector.grid;
  return std::make_shared<const PixelGrid>(make_grid(detector));
}

}  // namespace annulus
