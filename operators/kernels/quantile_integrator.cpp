// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/quantile_integrator.hpp"

#include <algorithm>
#include <cmath>

#include "operators/data/pattern_arithmetic.hpp"

namespace annulus {
namespace {

/// A pixel of a bin by its intensity; pixels of one intensity stay in their order.
struct Item {
  double x;
  std::uint32_t place;
  friend bool operator<(const Item& a, const Item& b) { return a.x != b.x ? a.x < b.x : a.place < b.place; }
};

double part_at(const BinMajor::Places& places, std::uint32_t k) { return places.part.empty() ? 1 : places.part[k]; }

}  // namespace

struct QuantileIntegrator::Room {
  explicit Room(const BinMajor& pixels) : counts(pixels.largest_group()), variances(pixels.largest_group()) {}
  std::vector<double> counts;
  std::vector<double> variances;
  std::vector<Item> items;
  std::vector<Item> kept;
};

QuantileIntegrator::QuantileIntegrator(const Poni& poni, const IntegrationOptions& options, const Quantiles& quantiles,
                                       std::size_t threads)
    : options_(options),
      quantiles_(quantiles),
      division_(divide_pixels(poni, options, threads)),
      pixels_(division_),
      team_(std::max<std::size_t>(1, threads)) {
  require_valid(quantiles);
  division_.fractions = {};
  division_.normalization = {};
}

QuantileIntegrator::~QuantileIntegrator() = default;

SampleSums QuantileIntegrator::sums_of(const BinMajor::Places& places, BadCounts bad, Room& room) const {
  const std::size_t size = places.size();
  const auto counts = std::span(room.counts).subspan(places.first, size);
  const auto given = std::span(room.variances).subspan(places.first, size);
  const auto signal = [&](std::size_t k) { return places.dark.empty() ? counts[k] : counts[k] - places.dark[k]; };
  const auto variance = [&](std::size_t k) {
    const double v = options_.error_model == ErrorModel::variance ? given[k] : std::max(counts[k], 1.0);
    return places.dark_variance.empty() ? v : v + places.dark_variance[k];
  };

  room.items.clear();
  double all = 0;
  for (std::uint32_t k = 0; k < size; ++k) {
    const double x = signal(k) / places.normalization[k];
    const bool good = std::isfinite(counts[k]) && !(bad.lo <= counts[k] && counts[k] <= bad.hi);
    if (good && !std::isnan(x) && std::isfinite(variance(k))) room.items.push_back({x, k});
  }
  std::sort(room.items.begin(), room.items.end());
  for (const Item& item : room.items) all += part_at(places, item.place) * places.normalization[item.place];

  const double lo = quantiles_.lo * all;
  const double hi = quantiles_.hi * all;
  room.kept.clear();
  double below = 0;
  for (const Item& item : room.items) {
    const double up_to = below + part_at(places, item.place) * places.normalization[item.place];
    if ((lo <= below && up_to <= hi) || (below <= lo && hi <= up_to)) room.kept.push_back(item);
    below = up_to;
  }

  SampleSums sums;
  for (const auto& [x, k] : room.kept) {
    const double c = part_at(places, k);
    const double n = c * places.normalization[k];
    sums.signal += c * signal(k);
    sums.variance += c * c * variance(k);
    sums.normalization += n;
    sums.normalization_squared += n * n;
    sums.count += c;
  }
  if (options_.error_model != ErrorModel::azimuthal || room.kept.empty()) return sums;
  const double mean = sums.signal / sums.normalization;
  sums.variance = 0;
  for (const auto& [x, k] : room.kept) {
    const double c = part_at(places, k);
    const double off = c * (signal(k) - mean * places.normalization[k]);
    sums.variance += off * off;
    sums.cross += c * places.normalization[k] * off;
  }
  return sums;
}

Pattern QuantileIntegrator::integrate(const Array& image, const Exposure& exposure) const {
  require_usable(division_, options_.error_model, image, exposure);
  (void)image.bytes();  // unpacks them, or throws, before threads look at them
  const bool given = options_.error_model == ErrorModel::variance;
  if (given) (void)exposure.variance->bytes();
  const BadCounts bad = bad_counts(bad_value_for(options_, division_.detector, image.dtype()));
  Pattern pattern;
  pattern.axis = division_.axis;
  resize_sums(pattern, division_.bins, options_.error_model);
  for_each_group(team_, pixels_, rooms_, [&](std::size_t group, Room& room) {
    pixels_.gather<double>(image, group, room.counts);
    if (given) pixels_.gather<double>(*exposure.variance, group, room.variances);
    for (std::size_t bin = pixels_.first_bin(group); bin < pixels_.end_bin(group); ++bin) {
      const SampleSums sums = sums_of(pixels_.places(group, bin), bad, room);
      store(pattern, bin, normalized_by(exposure.monitor, sums));
    }
  });
  set_averages(pattern);
  return pattern;
}

Pattern QuantileIntegrator::integrate(const Frame& frame, const Exposure& exposure) const {
  Pattern pattern = integrate(frame.pixels, exposure);
  carry_on(frame, pattern);
  return pattern;
}

}  // namespace annulus
