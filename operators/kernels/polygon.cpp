// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/polygon.hpp"

#include <algorithm>
#include <span>

namespace annulus {
namespace {

/// The part with sign * azimuth <= sign * bound.
Polygon clip(const Polygon& polygon, double bound, double sign) {
  Polygon out;
  const auto inside = [&](const Vertex& v) { return sign * v.azimuth <= sign * bound; };
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    const Vertex& from = polygon[i];
    const Vertex& to = polygon.after(i);
    if (inside(from)) out.push_back(from);
    if (inside(from) != inside(to)) {
      const double t = (bound - from.azimuth) / (to.azimuth - from.azimuth);
      out.push_back({from.radial + t * (to.radial - from.radial), bound});
    }
  }
  return out;
}

/// Adds the integral of azimuth over radial along an edge to each bin that it crosses.
void add_edge(Vertex from, Vertex to, const BinAxis& radial, std::span<StripArea> strips) {
  if (from.radial == to.radial) return;
  const double sign = from.radial < to.radial ? 1 : -1;
  if (sign < 0) std::swap(from, to);
  const double slope = (to.azimuth - from.azimuth) / (to.radial - from.radial);
  for (StripArea& strip : strips) {
    const double lo = std::max(from.radial, radial.edge(strip.bin));
    const double hi = std::min(to.radial, radial.edge(strip.bin + 1));
    if (lo >= hi) continue;
    strip.area += sign * (hi - lo) * (from.azimuth + slope * ((lo + hi) / 2 - from.radial));
  }
}

}  // namespace

double signed_area(const Polygon& polygon) {
  double twice = 0;
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    const Vertex& a = polygon[i];
    const Vertex& b = polygon.after(i);
    twice += (b.radial - a.radial) * ((a.azimuth - polygon[0].azimuth) + (b.azimuth - polygon[0].azimuth));
  }
  return twice / 2;
}

Polygon clip_azimuth(const Polygon& polygon, double lo, double hi) { return clip(clip(polygon, lo, -1), hi, 1); }

void add_strips(const Polygon& polygon, double area, const BinAxis& radial, std::vector<StripArea>& out) {
  if (polygon.size() < 3) return;
  const auto [least, most] =
      std::ranges::minmax(polygon, [](const Vertex& a, const Vertex& b) { return a.radial < b.radial; });
  if (most.radial < radial.lo() || least.radial >= radial.hi()) return;
  const std::size_t first = radial.bin_of(std::max(least.radial, radial.lo()));
  const std::size_t last = most.radial < radial.hi() ? radial.bin_of(most.radial) : radial.size() - 1;
  // The last strip has what the others leave, when nothing lies outside.
  const bool is_inside = least.radial >= radial.lo() && most.radial < radial.hi();
  const std::size_t begin = out.size();
  for (std::size_t bin = first; bin < last; ++bin) out.push_back({bin, 0});
  if (!is_inside) out.push_back({last, 0});
  const auto strips = std::span(out).subspan(begin);
  // From one of its corners, so that the areas are no differences of large numbers.
  const double origin = polygon[0].azimuth;
  for (std::size_t i = 0; i < polygon.size() && !strips.empty(); ++i) {
    Vertex from = polygon[i];
    Vertex to = polygon.after(i);
    from.azimuth -= origin;
    to.azimuth -= origin;
    add_edge(from, to, radial, strips);
  }
  if (!is_inside) return;
  for (const StripArea& strip : strips) area -= strip.area;
  out.push_back({last, area});
}

}  // namespace annulus
