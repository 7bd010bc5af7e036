// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/divider.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "operators/data/error.hpp"

#include "operators/kernels/parallel.hpp"
#include "operators/kernels/pixel_corners.hpp"

namespace annulus {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

const Poni& possible(const Poni& poni, const IntegrationOptions& options) {
  require_valid(poni);
  require_valid(options);
  if (!poni.detector.has_shape()) {
    throw ConfigError(
        fmt::format("the shape of the detector {} is not known (its poni file has no max_shape)", poni.detector.name));
  }
  if (poni.detector.rows * poni.detector.cols > std::numeric_limits<std::uint32_t>::max()) {
    throw ConfigError(fmt::format("the detector has {} x {} pixels (at most 2^32 can be integrated)",
                                  poni.detector.rows, poni.detector.cols));
  }
  if (needs_wavelength(options.unit) && !poni.wavelength) {
    throw ConfigError(
        fmt::format("the unit {} needs a wavelength (the poni file has none) choose 2th_deg, 2th_rad or r_mm",
                    info(options.unit).name));
  }
  return poni;
}

/// Bounds of the azimuthal bins from the first on [degrees].
BinAxis around_of(const IntegrationOptions& options) {
  if (!options.azimuthal_edges.empty()) {
    std::vector<double> edges = options.azimuthal_edges;
    for (double& edge : edges) edge -= options.azimuthal_edges.front();
    return BinAxis(std::move(edges));
  }
  const Sector sector = options.sector.value_or(Sector{});
  return BinAxis(Range{0, sector.extent}, std::max<std::size_t>(options.azimuthal_bins, 1), Spacing::linear);
}

double start_of(const IntegrationOptions& options) {
  if (!options.azimuthal_edges.empty()) return options.azimuthal_edges.front();
  return options.sector.value_or(Sector{}).start;
}

bool is_finite(const CoordinateMap& map, std::size_t i) {
  return std::isfinite(map.centre[i]) && (map.half_width.empty() || std::isfinite(map.half_width[i]));
}

/// 0 to `period`.
double turned(double angle, double period = 360) {
  const double rest = angle - period * std::floor(angle / period);
  return rest < period ? rest : 0;
}

/// The same, from `lo` to lo + period.
double turned_from(double lo, double angle, double period) {
  const double x = lo + turned(angle, period);
  return x < lo + period ? x : lo;  // rounding may have led there
}

/// Distances of points from the beam [m].
void radii(std::span<const LabPoint> points, std::span<double> out) {
  for (std::size_t i = 0; i < points.size(); ++i) out[i] = std::hypot(points[i].x, points[i].y);
}

}  // namespace

Divider::Divider(const Poni& poni, const IntegrationOptions& options, std::size_t threads)
    : split_(options.split),
      positions_(possible(poni, options)),
      coordinate_(options.unit, poni.wavelength, options.sample),
      scale_(info(options.unit).scale),
      lowest_(info(options.unit).may_be_negative ? -infinity : 0),
      period_(info(options.unit).period),
      normalization_(normalization_map(positions_, poni.detector, options, threads)),
      mask_(static_mask(poni.detector, options)),
      is_automatic_(!options.radial_range && options.edges.empty()),
      radial_({0, 1}),
      has_sector_(options.sector || options.azimuthal_bins > 0 || !options.azimuthal_edges.empty()),
      start_(start_of(options)),
      around_(around_of(options)) {
  if (split_ != Split::full) {
    radial_map_ = radial_map(positions_, coordinate_, options.unit, split_, threads);
    if (has_sector_) azimuth_map_ = azimuth_map(positions_, split_, threads);
  }
  in_parallel(threads, [&](std::size_t k) {
    for (std::size_t i = mask_.size() * k / threads; i < mask_.size() * (k + 1) / threads; ++i) {
      const bool is_somewhere = split_ == Split::full || is_finite(radial_map_, i);
      if (!(normalization_[i] > 0 && is_somewhere)) mask_[i] = 1;
    }
  });
  const Range all = range_of_all(threads);
  if (!options.edges.empty()) {
    radial_ = BinAxis(options.edges);
  } else {
    const Range range = options.radial_range.value_or(all);
    if (options.spacing == Spacing::logarithmic && !(range.lo > 0)) {
      throw ConfigError("the pixels begin at 0 (logarithmic bins cannot) give a radial range that begins above 0");
    }
    radial_ = BinAxis(range, options.bins, options.spacing);
  }
  radial_axis_ = std::make_shared<const RadialAxis>(RadialAxis::between(options.unit, radial_.edges()));
  if (options.azimuthal_bins > 0 || !options.azimuthal_edges.empty()) {
    std::vector<double> edges = around_.edges();
    for (double& edge : edges) edge += start_;
    azimuthal_axis_ = std::make_shared<const AzimuthalAxis>(AzimuthalAxis::between(std::move(edges)));
  }
  if (split_ != Split::no) require_few_parts();
}

/// From what becomes of some pixels all over the detector.
void Divider::require_few_parts() const {
  constexpr std::size_t samples = 61;
  constexpr double most = 1 << 27;  // their tables take 50 bytes each to make
  std::size_t taken = 0, parts = 0;
  std::vector<Fraction> fractions;
  for (std::size_t i = 0; i < std::min(samples, pixels()); ++i) {
    const std::size_t pixel = pixels() * i / samples;
    if (is_masked(pixel)) continue;
    fractions.clear();
    divide(pixel, pixel + 1, fractions);
    parts += fractions.size();
    ++taken;
  }
  if (taken == 0) return;
  const double all = static_cast<double>(parts) / static_cast<double>(taken) * static_cast<double>(pixels());
  if (all <= most) return;
  throw ConfigError(fmt::format(
      "the bins would cut the pixels into some {:.1g} parts (at most {:.1g} fit into memory) take fewer bins, "
      "or the split no",
      all, most));
}

/// The range that holds every pixel that is not masked, of an azimuth the whole turn when a pixel lies on its cut. Its
/// upper bound lies beyond the last pixel by the relative precision of a float, as in pyFAI, so that the last pixel is
/// inside a half-open range.
Range Divider::range_of_all(std::size_t threads) const {
  std::vector<Range> ranges(threads, Range{infinity, -infinity});
  in_parallel(threads, [&](std::size_t k) {
    Range& range = ranges[k];
    const std::size_t cols = positions_.cols();
    PixelCorners corners(positions_, coordinate_);
    for (std::size_t row = positions_.rows() * k / threads; row < positions_.rows() * (k + 1) / threads; ++row) {
      std::span<const std::array<double, 4>> around;
      if (split_ == Split::full) around = corners.of_row(row);
      for (std::size_t col = 0; col < cols; ++col) {
        const std::size_t i = row * cols + col;
        if (mask_[i] != 0) continue;
        if (split_ == Split::full) {
          const auto [least, most] = std::ranges::minmax(around[col]);
          if (!std::isfinite(least) || !std::isfinite(most)) continue;
          const bool across = period_ > 0 && scale_ * (most - least) > period_ / 2;
          range.lo = std::min(range.lo, across ? -period_ : scale_ * least);
          range.hi = std::max(range.hi, across ? period_ : scale_ * most);
        } else {
          const double half_width = radial_map_.half_width.empty() ? 0 : radial_map_.half_width[i];
          range.lo = std::min(range.lo, std::max(lowest_, radial_map_.centre[i] - half_width));
          range.hi = std::max(range.hi, radial_map_.centre[i] + half_width);
        }
      }
    }
  });
  Range all = ranges[0];
  for (const Range& range : ranges) all = {std::min(all.lo, range.lo), std::max(all.hi, range.hi)};
  if (!std::isfinite(all.lo)) {
    throw ConfigError("every pixel is masked (by the mask, the gaps of the detector, the flat field or the dark)");
  }
  if (period_ > 0 && (all.lo < -period_ / 2 || all.hi > period_ / 2)) return {-period_ / 2, period_ / 2};
  const double beyond = 1 + static_cast<double>(std::numeric_limits<float>::epsilon());
  all.hi = all.hi > 0 ? all.hi * beyond : all.hi / beyond;
  all.hi = std::max(all.hi, all.lo + std::numeric_limits<double>::min());
  if (period_ > 0) all.hi = std::min(all.hi, all.lo + period_);
  return all;
}

/// The corners of pixels in both coordinates; the radius stands in for the azimuth when that is the radial one.
class Divider::Polygons final {
 public:
  explicit Polygons(const Divider& divider)
      : divider_(divider),
        radial_(divider.positions_, divider.coordinate_),
        azimuth_(divider.positions_, divider.period_ > 0 ? &radii : &azimuths) {}

  /// Appends the fractions of the pixels of a row from column `first` to `last`.
  void divide(std::size_t row, std::size_t first, std::size_t last, std::vector<Fraction>& out) {
    const auto radial = radial_.of_row(row);
    const auto azimuth = azimuth_.of_row(row);
    for (std::size_t col = first; col < last; ++col) {
      const std::size_t pixel = row * divider_.positions_.cols() + col;
      if (divider_.is_masked(pixel)) continue;
      if (!draw(radial[col], azimuth[col])) {
        add_points(row, col, out);
        continue;
      }
      strips_.clear();
      const double whole = signed_area(polygon_);
      if (!std::isfinite(whole) || whole == 0) continue;
      if (divider_.period_ > 0) {
        add_turn(whole);
      } else if (divider_.has_sector_) {
        add_sectors(whole);
      } else {
        add(polygon_, whole, 0);
      }
      for (const auto& [bin, area] : strips_) {
        const double part = area / whole;
        if (part > 0) out.push_back({static_cast<std::uint32_t>(pixel), static_cast<std::uint32_t>(bin), part});
      }
    }
  }

 private:
  /// Puts the corners side by side, however the pixel lies to the cut of its azimuth. False when the beam is inside:
  /// the pixel is all around it, and no polygon of these coordinates.
  bool draw(const std::array<double, 4>& radial, const std::array<double, 4>& azimuth) {
    polygon_.clear();
    const bool is_turn = divider_.period_ > 0;
    const double period = is_turn ? divider_.period_ : 360;
    double last = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      Vertex vertex{radial[k] * divider_.scale_, azimuth[k] * deg_per_rad};
      double& angle = is_turn ? vertex.radial : vertex.azimuth;
      if (k > 0 && std::abs(last - angle) > period / 2) angle += period * std::round((last - angle) / period);
      last = angle;
      polygon_.push_back(vertex);
    }
    const double first = is_turn ? polygon_[0].radial : polygon_[0].azimuth;
    return !(std::abs(last - first) > period / 2);  // true without a position, where there is no area
  }

  /// Divides the pixel with the beam by its area on the detector, which is counted in points.
  void add_points(std::size_t row, std::size_t col, std::vector<Fraction>& out) {
    constexpr std::size_t side = 512;
    std::vector<std::array<LabPoint, 4>> corners(divider_.positions_.cols());
    divider_.positions_.corners(row, corners);
    const auto& [a, b, c, d] = corners[col];
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
      divider_.coordinate_(points, radial);
      azimuths(points, azimuth);
      for (std::size_t j = 0; j < side; ++j) {
        if (const auto bin = bin_of_point(radial[j] * divider_.scale_, azimuth[j] * deg_per_rad)) bins.push_back(*bin);
      }
    }
    std::ranges::sort(bins);
    for (auto at = bins.begin(); at != bins.end();) {
      const auto next = std::upper_bound(at, bins.end(), *at);
      out.push_back({static_cast<std::uint32_t>(row * corners.size() + col), static_cast<std::uint32_t>(*at),
                     static_cast<double>(next - at) / (side * side)});
      at = next;
    }
  }

  /// When the bins are to span all pixels, whose corners they do, what is nearer to the beam is in the outermost.
  [[nodiscard]] std::optional<std::size_t> bin_of_point(double radial, double azimuth) const {
    const BinAxis& axis = divider_.radial_;
    if (divider_.period_ > 0) {
      radial = turned_from(axis.lo(), radial - axis.lo(), divider_.period_);
    } else if (divider_.is_automatic_) {
      radial = std::clamp(radial, axis.lo(), std::nextafter(axis.hi(), axis.lo()));
    }
    const double angle = divider_.has_sector_ ? turned(azimuth - divider_.start_) : 0;
    if (!(radial >= axis.lo() && radial < axis.hi() && angle < divider_.around_.hi())) return std::nullopt;
    return divider_.around_.bin_of(angle) * axis.size() + axis.bin_of(radial);
  }

  void add(const Polygon& polygon, double area, std::size_t azimuthal_bin) {
    const std::size_t before = strips_.size();
    add_strips(polygon, area, divider_.radial_, strips_);
    for (std::size_t i = before; i < strips_.size(); ++i) strips_[i].bin += azimuthal_bin * divider_.radial_.size();
  }

  /// Seen from the first bin's edge the bins are [0, extent), and again one turn earlier, where the pixel may begin.
  void add_turn(double whole) {
    const double lo = divider_.radial_.lo();
    const double least = std::ranges::min(polygon_, {}, &Vertex::radial).radial;
    const double move = turned_from(lo, least - lo, divider_.period_) - least;
    for (const double by : {move, move - divider_.period_}) {
      Polygon moved = polygon_;
      for (Vertex& vertex : moved) vertex.radial += by;
      add(moved, whole, 0);
    }
  }

  void add_sectors(double whole) {
    const BinAxis& around = divider_.around_;
    const auto by_azimuth = [](const Vertex& a, const Vertex& b) { return a.azimuth < b.azimuth; };
    const auto [least, most] = std::ranges::minmax(polygon_, by_azimuth);
    const double width = most.azimuth - least.azimuth;
    // Seen from their start the bins are [0, extent), and again one turn earlier, where the pixel may begin.
    for (const double lo : {turned(least.azimuth - divider_.start_), turned(least.azimuth - divider_.start_) - 360}) {
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

  const Divider& divider_;
  PixelCorners<RadialCoordinate> radial_;
  PixelCorners<void (*)(std::span<const LabPoint>, std::span<double>)> azimuth_;
  Polygon polygon_;
  std::vector<StripArea> strips_;
};

void Divider::divide(std::size_t first, std::size_t last, std::vector<Fraction>& out) const {
  if (split_ == Split::full) {
    const std::size_t cols = positions_.cols();
    Polygons polygons(*this);
    for (std::size_t row = first / cols; row * cols < last; ++row) {
      const std::size_t begin = row * cols;
      polygons.divide(row, std::max(first, begin) - begin, std::min(last, begin + cols) - begin, out);
    }
    return;
  }
  std::vector<Part> radial;
  std::vector<Part> around;
  out.reserve(out.size() + 2 * (last - first));
  for (std::size_t pixel = first; pixel < last; ++pixel) {
    if (!is_masked(pixel)) divide_box(pixel, radial, around, out);
  }
}

void Divider::divide_box(std::size_t pixel, std::vector<Part>& radial, std::vector<Part>& around,
                         std::vector<Fraction>& out) const {
  radial.clear();
  divide_radially(pixel, radial);
  if (!has_sector_) {
    for (const Part& r : radial) {
      out.push_back({static_cast<std::uint32_t>(pixel), static_cast<std::uint32_t>(r.bin), r.part});
    }
    return;
  }
  if (radial.empty()) return;
  around.clear();
  divide_around(pixel, around);
  for (const Part& a : around) {
    for (const Part& r : radial) {
      out.push_back({static_cast<std::uint32_t>(pixel), static_cast<std::uint32_t>(a.bin * radial_.size() + r.bin),
                     a.part * r.part});
    }
  }
}

void Divider::divide_radially(std::size_t pixel, std::vector<Part>& out) const {
  if (period_ > 0) return divide_turn(radial_map_, pixel, radial_, radial_.lo(), period_, out);
  const double centre = radial_map_.centre[pixel];
  const double half_width = radial_map_.half_width.empty() ? 0 : radial_map_.half_width[pixel];
  if (half_width == 0) {
    if (centre >= radial_.lo() && centre < radial_.hi()) out.push_back({radial_.bin_of(centre), 1});
    return;
  }
  const double lo = centre - half_width;
  const double hi = centre + half_width;
  if (hi < radial_.lo() || lo >= radial_.hi()) return;
  // The interval of a pixel next to the beam reaches below the lowest value, where nothing is: that part counts there,
  // as in pyFAI.
  double folded = radial_.lo() <= lowest_ ? std::max(0.0, lowest_ - lo) : 0;
  double left = std::max({lo, radial_.lo(), lowest_});
  for (std::size_t bin = radial_.bin_of(left); bin < radial_.size() && radial_.edge(bin) < hi; ++bin) {
    const double until = std::min(radial_.edge(bin + 1), hi);
    if (until <= left) continue;
    out.push_back({bin, (until - left + folded) / (hi - lo)});
    folded = 0;
    left = until;
  }
}

void Divider::divide_around(std::size_t pixel, std::vector<Part>& out) const {
  divide_turn(azimuth_map_, pixel, around_, start_, 360, out);
}

/// Divides an angle over bins of which the first begins at `start`.
void Divider::divide_turn(const CoordinateMap& map, std::size_t pixel, const BinAxis& axis, double start, double period,
                          std::vector<Part>& out) {
  const double half_width = map.half_width.empty() ? 0 : map.half_width[pixel];
  const double begin = turned_from(axis.lo(), map.centre[pixel] - half_width - start, period);
  if (half_width == 0) {
    if (begin < axis.hi()) out.push_back({axis.bin_of(begin), 1});
    return;
  }
  // Seen from their start the bins are [0, extent), and again one turn earlier, where the pixel may begin.
  for (const double lo : {begin, begin - period}) {
    const double hi = lo + 2 * half_width;
    if (hi <= axis.lo() || lo >= axis.hi()) continue;
    for (std::size_t bin = axis.bin_of(std::max(lo, axis.lo())); bin < axis.size() && axis.edge(bin) < hi; ++bin) {
      const double part = std::min(hi, axis.edge(bin + 1)) - std::max(lo, axis.edge(bin));
      if (part > 0) out.push_back({bin, part / (2 * half_width)});
    }
  }
}

}  // namespace annulus
