// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/polygons.hpp"

#include <algorithm>
#include <cmath>

namespace annulus {
namespace {

/// Distances of points from the beam [m].
void radii(std::span<const LabPoint> points, std::span<double> out) {
  for (std::size_t i = 0; i < points.size(); ++i) out[i] = std::hypot(points[i].x, points[i].y);
}

template <class T>
T smaller(T a, T b) {
  return a < b ? a : b;
}

template <class T>
T larger(T a, T b) {
  return a < b ? b : a;
}

/// The integral of azimuth over radial along an edge of a polygon, and that of the part below a bound. Azimuths are
/// those from one of the corners on, so that the areas are no differences of large numbers.
struct EdgeArea {
  double whole;
  double below;
};

EdgeArea edge_area(double r0, double a0, double r1, double a1, double bound) {
  const double along = r1 - r0;
  const double slope = (a1 - a0) / (along == 0 ? 1 : along);
  const double from = smaller(r0, bound), to = smaller(r1, bound);
  return {along * (0.5 * (a0 + a1)), (to - from) * (a0 + slope * (0.5 * (from + to) - r0))};
}

}  // namespace

Polygons::Polygons(const BinGrid& grid, std::span<const std::uint8_t> mask, const PixelPositions& positions,
                   const RadialCoordinate& coordinate, double scale)
    : grid_(grid),
      mask_(mask),
      positions_(positions),
      coordinate_(coordinate),
      scale_(scale),
      radial_(positions, coordinate),
      azimuth_(positions, grid.period > 0 ? &radii : &azimuths) {}

const DividedRow& Polygons::divide(std::size_t row, std::size_t first, std::size_t last) {
  const RowCorners radial = radial_.of_row(row);
  const RowCorners azimuth = azimuth_.of_row(row);
  const std::size_t cols = positions_.cols();
  for (auto* values : {&least_, &most_, &edge_, &widest_, &out_.upper}) values->resize(cols);
  for (auto* bins : {&first_bins_, &last_bins_, &out_.lower}) bins->resize(cols);
  out_.fractions.clear();
  if (grid_.period > 0) {
    std::ranges::fill(out_.lower, DividedRow::divided);
  } else {
    place_radially(radial);
    share(radial, azimuth);
  }
  if (grid_.has_sector) place_around(azimuth);
  if (!leave_out(mask_.subspan(row * cols, cols), out_)) return out_;
  for (std::size_t col = first; col < last; ++col) {
    if (out_.lower[col] == DividedRow::divided) divide_polygon(row * cols + col, radial, azimuth);
  }
  return out_;
}

/// The pixels whose corners are in one or two bins.
void Polygons::place_radially(const RowCorners& radial) {
  const auto [a, b, c, d] = data_of(radial);
  double* const least = least_.data();
  double* const most = most_.data();
  const std::size_t cols = least_.size();
  const double scale = scale_;
  for (std::size_t col = 0; col < cols; ++col) {
    least[col] = scale * smaller(smaller(a[col], b[col]), smaller(c[col], d[col]));
    most[col] = scale * larger(larger(a[col], b[col]), larger(c[col], d[col]));
  }
  const BinAxis& axis = grid_.radial;
  axis.bins_of(least_, first_bins_);
  axis.bins_of(most_, last_bins_);
  const double* const edges = axis.edges().data();
  const double begin = axis.lo(), end = axis.hi();
  const std::uint32_t* const first = first_bins_.data();
  const std::uint32_t* const last = last_bins_.data();
  double* const edge = edge_.data();
  std::uint32_t* const lower = out_.lower.data();
  for (std::size_t col = 0; col < cols; ++col) {
    edge[col] = edges[first[col] + 1];
    const bool is_simple = (least[col] >= begin) & (most[col] < end) & (last[col] - first[col] <= 1);
    const bool is_outside = (most[col] < begin) | (least[col] >= end);
    const std::uint32_t bin = is_simple ? first[col] : DividedRow::divided;
    lower[col] = is_outside ? DividedRow::outside : bin;
  }
}

/// The part of each pixel in the second of its bins. Those across the cut of the azimuth, or without a position, are
/// left to others.
void Polygons::share(const RowCorners& radial, const RowCorners& azimuth) {
  const auto [ra, rb, rc, rd] = data_of(radial);
  const auto [aa, ab, ac, ad] = data_of(azimuth);
  const double* const edge = edge_.data();
  const double* const most = most_.data();
  double* const widest = widest_.data();
  double* const upper = out_.upper.data();
  std::uint32_t* const lower = out_.lower.data();
  const std::size_t cols = edge_.size();
  const double scale = scale_;
  for (std::size_t col = 0; col < cols; ++col) {
    const double origin = aa[col];
    const double a1 = ab[col] - origin, a2 = ac[col] - origin, a3 = ad[col] - origin;
    const double r0 = scale * ra[col], r1 = scale * rb[col], r2 = scale * rc[col], r3 = scale * rd[col];
    const EdgeArea first = edge_area(r0, 0, r1, a1, edge[col]), second = edge_area(r1, a1, r2, a2, edge[col]);
    const EdgeArea third = edge_area(r2, a2, r3, a3, edge[col]), fourth = edge_area(r3, a3, r0, 0, edge[col]);
    const double whole = (first.whole + second.whole) + (third.whole + fourth.whole);
    const double below = (first.below + second.below) + (third.below + fourth.below);
    double part = 1 - below / whole;
    part = part > 0 ? part : 0;
    part = part < 1 ? part : 1;  // also without an area
    upper[col] = most[col] >= edge[col] ? part : 0;
    widest[col] = larger(larger(std::abs(a1), std::abs(a2 - a1)), larger(std::abs(a3 - a2), std::abs(a3)));
  }
  for (std::size_t col = 0; col < cols; ++col) lower[col] = widest[col] <= pi ? lower[col] : DividedRow::divided;
}

/// Carries pixels that are in one azimuthal bin there.
void Polygons::place_around(const RowCorners& azimuth) {
  const BinAxis& axis = grid_.around;
  const auto [a, b, c, d] = data_of(azimuth);
  double* const lo = least_.data();
  double* const hi = most_.data();
  const std::size_t cols = least_.size();
  const double start = grid_.start, end = axis.hi();
  for (std::size_t col = 0; col < cols; ++col) {
    const double least = deg_per_rad * smaller(smaller(a[col], b[col]), smaller(c[col], d[col]));
    const double most = deg_per_rad * larger(larger(a[col], b[col]), larger(c[col], d[col]));
    lo[col] = turned(least - start);
    hi[col] = lo[col] + (most - least);
  }
  axis.bins_of(least_, first_bins_);
  const std::uint32_t* const bins = first_bins_.data();
  const double* const edges = axis.edges().data();
  std::uint32_t* const lower = out_.lower.data();
  const auto row = static_cast<std::uint32_t>(grid_.radial.size());
  for (std::size_t col = 0; col < cols; ++col) {
    const bool is_outside = (lo[col] >= end) & (hi[col] <= 360);
    const bool is_inside = (lo[col] < end) & (hi[col] <= edges[bins[col] + 1]);
    const std::uint32_t inside = is_inside ? lower[col] + row * bins[col] : DividedRow::divided;
    const std::uint32_t bin = is_outside ? DividedRow::outside : inside;
    lower[col] = lower[col] >= DividedRow::divided ? lower[col] : bin;
  }
}

void Polygons::divide_polygon(std::size_t pixel, const RowCorners& radial, const RowCorners& azimuth) {
  if (!draw(pixel % positions_.cols(), radial, azimuth)) return add_points(pixel);
  strips_.clear();
  const double whole = signed_area(polygon_);
  if (!std::isfinite(whole) || whole == 0) return;
  if (grid_.period > 0) {
    add_turn(whole);
  } else if (grid_.has_sector) {
    add_sectors(whole);
  } else {
    add(polygon_, whole, 0);
  }
  for (const auto& [bin, area] : strips_) {
    const double part = area / whole;
    if (part > 0) {
      out_.fractions.push_back({static_cast<std::uint32_t>(pixel), static_cast<std::uint32_t>(bin), part});
    }
  }
}

/// Puts the corners side by side, however the pixel lies to the cut of its azimuth. False when the beam is inside:
/// the pixel is all around it, and no polygon of these coordinates.
bool Polygons::draw(std::size_t col, const RowCorners& radial, const RowCorners& azimuth) {
  polygon_.clear();
  const bool is_turn = grid_.period > 0;
  const double period = is_turn ? grid_.period : 360;
  double last = 0;
  for (std::size_t k = 0; k < 4; ++k) {
    Vertex vertex{radial[k][col] * scale_, azimuth[k][col] * deg_per_rad};
    double& angle = is_turn ? vertex.radial : vertex.azimuth;
    if (k > 0 && std::abs(last - angle) > period / 2) angle += period * std::round((last - angle) / period);
    last = angle;
    polygon_.push_back(vertex);
  }
  const double first = is_turn ? polygon_[0].radial : polygon_[0].azimuth;
  return !(std::abs(last - first) > period / 2);  // true without a position, where there is no area
}

/// Divides the pixel with the beam by its area on the detector, which is counted in points.
void Polygons::add_points(std::size_t pixel) {
  constexpr std::size_t side = 512;
  std::vector<std::array<LabPoint, 4>> corners(positions_.cols());
  positions_.corners(pixel / corners.size(), corners);
  const auto& [a, b, c, d] = corners[pixel % corners.size()];
  std::vector<LabPoint> points(side);
  std::vector<double> radial(side), azimuth(side);
  std::vector<std::size_t> bins;
  for (std::size_t i = 0; i < side; ++i) {
    const double u = (static_cast<double>(i) + 0.5) / side;
    for (std::size_t j = 0; j < side; ++j) {
      const double v = (static_cast<double>(j) + 0.5) / side;
      const auto between = [&](double LabPoint::* x) {
        return (1 - v) * ((1 - u) * a.*x + u * b.*x) + v * ((1 - u) * d.*x + u * c.*x);
      };
      points[j] = {.y = between(&LabPoint::y), .x = between(&LabPoint::x), .z = between(&LabPoint::z)};
    }
    coordinate_(points, radial);
    azimuths(points, azimuth);
    for (std::size_t j = 0; j < side; ++j) {
      if (const auto bin = bin_of_point(radial[j] * scale_, azimuth[j] * deg_per_rad)) bins.push_back(*bin);
    }
  }
  std::ranges::sort(bins);
  for (auto at = bins.begin(); at != bins.end();) {
    const auto next = std::upper_bound(at, bins.end(), *at);
    out_.fractions.push_back({static_cast<std::uint32_t>(pixel), static_cast<std::uint32_t>(*at),
                              static_cast<double>(next - at) / (side * side)});
    at = next;
  }
}

/// When the bins are to span all pixels, whose corners they do, what is nearer to the beam is in the outermost.
std::optional<std::size_t> Polygons::bin_of_point(double radial, double azimuth) const {
  const BinAxis& axis = grid_.radial;
  if (grid_.period > 0) {
    radial = turned_from(axis.lo(), radial - axis.lo(), grid_.period);
  } else if (grid_.is_automatic) {
    radial = std::clamp(radial, axis.lo(), std::nextafter(axis.hi(), axis.lo()));
  }
  const double angle = grid_.has_sector ? turned(azimuth - grid_.start) : 0;
  if (!(radial >= axis.lo() && radial < axis.hi() && angle < grid_.around.hi())) return std::nullopt;
  return grid_.around.bin_of(angle) * axis.size() + axis.bin_of(radial);
}

void Polygons::add(const Polygon& polygon, double area, std::size_t azimuthal_bin) {
  const std::size_t before = strips_.size();
  add_strips(polygon, area, grid_.radial, strips_);
  for (std::size_t i = before; i < strips_.size(); ++i) strips_[i].bin += azimuthal_bin * grid_.radial.size();
}

/// Seen from the first bin's edge the bins are [0, extent), and again one turn earlier, where the pixel may begin.
void Polygons::add_turn(double whole) {
  const double lo = grid_.radial.lo();
  const double least = std::ranges::min(polygon_, {}, &Vertex::radial).radial;
  const double move = turned_from(lo, least - lo, grid_.period) - least;
  for (const double by : {move, move - grid_.period}) {
    Polygon moved = polygon_;
    for (Vertex& vertex : moved) vertex.radial += by;
    add(moved, whole, 0);
  }
}

void Polygons::add_sectors(double whole) {
  const BinAxis& around = grid_.around;
  const auto by_azimuth = [](const Vertex& a, const Vertex& b) { return a.azimuth < b.azimuth; };
  const auto [least, most] = std::ranges::minmax(polygon_, by_azimuth);
  const double width = most.azimuth - least.azimuth;
  // Seen from their start the bins are [0, extent), and again one turn earlier, where the pixel may begin.
  for (const double lo : {turned(least.azimuth - grid_.start), turned(least.azimuth - grid_.start) - 360}) {
    if (lo + width <= 0 || lo >= around.hi()) continue;
    Polygon moved = polygon_;
    for (Vertex& vertex : moved) vertex.azimuth += lo - least.azimuth;
    const std::size_t last = lo + width < around.hi() ? around.bin_of(std::max(lo + width, 0.0)) : around.size() - 1;
    for (std::size_t bin = around.bin_of(std::max(lo, 0.0)); bin <= last; ++bin) {
      const bool inside = lo >= around.edge(bin) && lo + width <= around.edge(bin + 1);
      if (inside) {
        add(moved, whole, bin);
      } else {
        const Polygon part = clip_azimuth(moved, around.edge(bin), around.edge(bin + 1));
        add(part, signed_area(part), bin);
      }
    }
  }
}

}  // namespace annulus
