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

struct QuantileIntegrator::Workspace {
  std::vector<double> signal;
  std::vector<double> variance;
  std::vector<Item> items;
  std::vector<Item> kept;
};

QuantileIntegrator::QuantileIntegrator(const Poni& poni, const IntegrationOptions& options, const Quantiles& quantiles,
                                       std::size_t threads)
    : options_(options),
      quantiles_(quantiles),
      division_(divide_pixels(poni, options, threads)),
      pixels_(division_),
      threads_(std::max<std::size_t>(1, threads)) {
  require_valid(quantiles);
  division_.fractions = {};
}

SampleSums QuantileIntegrator::sums_of(const Array& image, std::size_t bin, const std::optional<BadValue>& bad,
                                       const std::vector<double>& variances, Workspace& space) const {
  const BinMajor::Places places = pixels_.places(bin);
  const auto size = static_cast<std::uint32_t>(places.pixel.size());
  const std::span signal(space.signal.data(), size);
  const std::span variance(space.variance.data(), size);
  gather_signal(image, places, bad, signal);
  if (!variances.empty()) {
    for (std::uint32_t k = 0; k < size; ++k) {
      variance[k] = variances[places.pixel[k]];
      if (!places.dark_variance.empty()) variance[k] += places.dark_variance[k];
    }
  } else {
    gather_poisson(image, places, variance);
  }

  space.items.clear();
  double all = 0;
  for (std::uint32_t k = 0; k < size; ++k) {
    const double x = signal[k] / places.normalization[k];
    if (std::isnan(x) || !std::isfinite(variance[k])) continue;
    space.items.push_back({x, k});
  }
  std::sort(space.items.begin(), space.items.end());
  for (const Item& item : space.items) all += part_at(places, item.place) * places.normalization[item.place];

  const double lo = quantiles_.lo * all;
  const double hi = quantiles_.hi * all;
  space.kept.clear();
  double below = 0;
  for (const Item& item : space.items) {
    const double up_to = below + part_at(places, item.place) * places.normalization[item.place];
    if ((lo <= below && up_to <= hi) || (below <= lo && hi <= up_to)) space.kept.push_back(item);
    below = up_to;
  }

  SampleSums sums;
  for (const auto& [x, k] : space.kept) {
    const double c = part_at(places, k);
    const double n = c * places.normalization[k];
    sums.signal += c * signal[k];
    sums.variance += c * c * variance[k];
    sums.normalization += n;
    sums.normalization_squared += n * n;
    sums.count += c;
  }
  if (options_.error_model != ErrorModel::azimuthal || space.kept.empty()) return sums;
  const double mean = sums.signal / sums.normalization;
  sums.variance = 0;
  for (const auto& [x, k] : space.kept) {
    const double c = part_at(places, k);
    const double off = c * (signal[k] - mean * places.normalization[k]);
    sums.variance += off * off;
    sums.cross += c * places.normalization[k] * off;
  }
  return sums;
}

Pattern QuantileIntegrator::integrate(const Array& image, const Exposure& exposure) const {
  require_usable(division_, options_.error_model, image, exposure);
  (void)image.bytes();  // unpacks them, or throws, before threads look at them
  const auto bad = bad_value_for(options_, division_.detector, image.dtype());
  std::vector<double> variances;
  if (options_.error_model == ErrorModel::variance) variances = exposure.variance->to_vector<double>();
  std::vector<Workspace> spaces(threads_);
  for (Workspace& space : spaces) {
    space.signal.resize(pixels_.largest());
    space.variance.resize(pixels_.largest());
  }
  Pattern pattern;
  pattern.axis = division_.axis;
  resize_sums(pattern, division_.bins, options_.error_model);
  for_each_bin(division_.bins, threads_, [&](std::size_t bin, std::size_t thread) {
    store(pattern, bin, normalized_by(exposure.monitor, sums_of(image, bin, bad, variances, spaces[thread])));
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
