// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/divider.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "operators/data/error.hpp"

#include "operators/kernels/boxes.hpp"
#include "operators/kernels/parallel.hpp"
#include "operators/kernels/pixel_maps.hpp"
#include "operators/kernels/polygons.hpp"

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

bool has_sector(const IntegrationOptions& options) {
  return options.sector || options.azimuthal_bins > 0 || !options.azimuthal_edges.empty();
}

/// The radial bins are not known yet.
BinGrid grid_of(const IntegrationOptions& options) {
  const RadialUnitInfo& unit = info(options.unit);
  return {BinAxis({0, 1}),     unit.may_be_negative ? -infinity : 0,
          unit.period,         !options.radial_range && options.edges.empty(),
          has_sector(options), start_of(options),
          around_of(options)};
}

}  // namespace

Divider::Divider(const Poni& poni, const IntegrationOptions& options, std::size_t threads)
    : split_(options.split),
      unit_(options.unit),
      positions_(possible(poni, options)),
      coordinate_(options.unit, poni.wavelength, options.sample),
      normalization_(normalization_map(positions_, poni.detector, options, threads)),
      mask_(static_mask(poni.detector, options)),
      grid_(grid_of(options)) {
  const Range all = spanned(threads);
  if (!options.edges.empty()) {
    grid_.radial = BinAxis(options.edges);
  } else {
    const Range range = options.radial_range.value_or(all);
    if (options.spacing == Spacing::logarithmic && !(range.lo > 0)) {
      throw ConfigError("the pixels begin at 0 (logarithmic bins cannot) give a radial range that begins above 0");
    }
    grid_.radial = BinAxis(range, options.bins, options.spacing);
  }
  radial_axis_ = std::make_shared<const RadialAxis>(RadialAxis::between(options.unit, grid_.radial.edges()));
  if (options.azimuthal_bins > 0 || !options.azimuthal_edges.empty()) {
    std::vector<double> edges = grid_.around.edges();
    for (double& edge : edges) edge += grid_.start;
    azimuthal_axis_ = std::make_shared<const AzimuthalAxis>(AzimuthalAxis::between(std::move(edges)));
  }
  if (split_ != Split::no) require_few_parts();
}

/// From what becomes of some pixels all over the detector.
void Divider::require_few_parts() const {
  constexpr std::size_t samples = 8;  // along each dimension
  constexpr double most = 1 << 27;    // their tables take 50 bytes each to make
  std::size_t taken = 0, parts = 0;
  const std::unique_ptr<RowDivider> rows = rows_divider();
  std::vector<Fraction> fractions;
  for (std::size_t i = 0; i < samples; ++i) {
    const std::size_t row = (2 * i + 1) * positions_.rows() / (2 * samples);
    for (std::size_t k = 0; k < samples; ++k) {
      const std::size_t col = (2 * k + 1) * cols() / (2 * samples);
      if (is_masked(row * cols() + col)) continue;
      append_fractions(rows->divide(row, col, col + 1), row * cols(), col, col + 1, fractions);
      ++taken;
    }
  }
  parts = fractions.size();
  if (taken == 0) return;
  const double all = static_cast<double>(parts) / static_cast<double>(taken) * static_cast<double>(pixels());
  if (all <= most) return;
  throw ConfigError(fmt::format(
      "the bins would cut the pixels into some {:.1g} parts (at most {:.1g} fit into memory) take fewer bins, "
      "or the split no",
      all, most));
}

/// The least and the greatest coordinates of columns, whose pixels are compared side by side.
struct Divider::Reach {
  std::vector<double> least;
  std::vector<double> most;

  explicit Reach(std::size_t cols) : least(cols, infinity), most(cols, -infinity) {}

  /// By pixels that are not masked; what is said of others is changed.
  void widen(std::span<const std::uint8_t> masked, std::span<double> lo, std::span<double> hi) {
    for (std::size_t col = 0; col < masked.size(); ++col) {
      if (masked[col] == 0) continue;
      lo[col] = infinity;
      hi[col] = -infinity;
    }
    for (std::size_t col = 0; col < least.size(); ++col) {
      least.data()[col] = std::min(least.data()[col], lo.data()[col]);
      most.data()[col] = std::max(most.data()[col], hi.data()[col]);
    }
  }
};

/// Masks pixels of boxes that have no normalization or no position. Widens the reach by the others.
void Divider::span_boxes(std::size_t first_row, std::size_t last_row, Reach& reach) {
  CoordinateMap map = radial_map(positions_, coordinate_, unit_, split_);
  std::vector<double> lo(cols()), hi(cols());
  for (std::size_t row = first_row; row < last_row; ++row) {
    const CoordinateRow radial = map.of_row(row);
    const bool is_split = !radial.half_width.empty();
    for (std::size_t col = 0; col < lo.size(); ++col) {
      const double half_width = is_split ? radial.half_width.data()[col] : 0;
      lo.data()[col] = radial.centre.data()[col] - half_width;
      hi.data()[col] = radial.centre.data()[col] + half_width;
    }
    const auto masked = std::span(mask_).subspan(row * cols(), cols());
    const double* const normalization = &normalization_[row * cols()];
    for (std::size_t col = 0; col < masked.size(); ++col) {
      const bool is_measured = (normalization[col] > 0) & (lo.data()[col] > -infinity) & (hi.data()[col] < infinity);
      masked.data()[col] = is_measured ? masked.data()[col] : 1;
    }
    reach.widen(masked, lo, hi);
  }
}

/// The same of polygons, which have a position or no area.
void Divider::span_polygons(std::size_t first_row, std::size_t last_row, Reach& reach) {
  const double scale = info(unit_).scale, period = grid_.period;
  PixelCorners corners(positions_, coordinate_);
  std::vector<double> lo(cols()), hi(cols());
  for (std::size_t row = first_row; row < last_row; ++row) {
    const auto [a, b, c, d] = data_of(corners.of_row(row));
    for (std::size_t col = 0; col < lo.size(); ++col) {
      const double least = scale * std::min(std::min(a[col], b[col]), std::min(c[col], d[col]));
      const double most = scale * std::max(std::max(a[col], b[col]), std::max(c[col], d[col]));
      const bool is_finite = std::abs(a[col] + b[col] + c[col] + d[col]) < infinity;
      const bool is_across = (period > 0) & (most - least > period / 2);
      lo.data()[col] = !is_finite ? infinity : is_across ? -period : least;
      hi.data()[col] = !is_finite ? -infinity : is_across ? period : most;
    }
    const auto masked = std::span(mask_).subspan(row * cols(), cols());
    const double* const normalization = &normalization_[row * cols()];
    for (std::size_t col = 0; col < masked.size(); ++col) {
      masked.data()[col] = normalization[col] > 0 ? masked.data()[col] : 1;
    }
    reach.widen(masked, lo, hi);
  }
}

/// The range that holds every pixel that is not masked, of an azimuth the whole turn when a pixel lies on its cut. Its
/// upper bound lies beyond the last pixel by the relative precision of a float, as in pyFAI, so that the last pixel is
/// inside a half-open range. Masks pixels that cannot be measured.
Range Divider::spanned(std::size_t threads) {
  std::vector<Range> ranges(threads, Range{infinity, -infinity});
  in_parallel(threads, [&](std::size_t k) {
    Reach reach(cols());
    const std::size_t first = positions_.rows() * k / threads, last = positions_.rows() * (k + 1) / threads;
    if (split_ == Split::full) {
      span_polygons(first, last, reach);
    } else {
      span_boxes(first, last, reach);
    }
    ranges[k] = {std::max(std::ranges::min(reach.least), grid_.lowest), std::ranges::max(reach.most)};
  });
  Range all = ranges[0];
  for (const Range& range : ranges) all = {std::min(all.lo, range.lo), std::max(all.hi, range.hi)};
  if (!std::isfinite(all.lo)) {
    throw ConfigError("every pixel is masked (by the mask, the gaps of the detector, the flat field or the dark)");
  }
  const double period = grid_.period;
  if (period > 0 && (all.lo < -period / 2 || all.hi > period / 2)) return {-period / 2, period / 2};
  const double beyond = 1 + static_cast<double>(std::numeric_limits<float>::epsilon());
  all.hi = all.hi > 0 ? all.hi * beyond : all.hi / beyond;
  all.hi = std::max(all.hi, all.lo + std::numeric_limits<double>::min());
  if (period > 0) all.hi = std::min(all.hi, all.lo + period);
  return all;
}

std::unique_ptr<RowDivider> Divider::rows_divider() const {
  if (split_ == Split::full) {
    return std::make_unique<Polygons>(grid_, mask_, positions_, coordinate_, info(unit_).scale);
  }
  std::optional<CoordinateMap> azimuth;
  if (grid_.has_sector) azimuth.emplace(azimuth_map(positions_, split_));
  return std::make_unique<Boxes>(grid_, mask_, radial_map(positions_, coordinate_, unit_, split_), std::move(azimuth));
}

void Divider::divide(std::size_t first, std::size_t last, std::vector<Fraction>& out) const {
  out.reserve(out.size() + 2 * (last - first));
  const std::unique_ptr<RowDivider> rows = rows_divider();
  for (std::size_t row = first / cols(); row * cols() < last; ++row) {
    const std::size_t begin = row * cols();
    const std::size_t first_col = std::max(first, begin) - begin, last_col = std::min(last, begin + cols()) - begin;
    append_fractions(rows->divide(row, first_col, last_col), begin, first_col, last_col, out);
  }
}

}  // namespace annulus
