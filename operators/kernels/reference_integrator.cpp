// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/reference_integrator.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "operators/data/pattern_arithmetic.hpp"

namespace annulus {
namespace {

bool is_bad(double raw, const std::optional<BadValue>& bad) {
  return !std::isfinite(raw) || (bad && std::abs(raw - bad->value) <= bad->delta);
}

/// Makes pixels alike whatever their normalization.
Sample unweighted(const Sample& x) { return {x.c, x.s / x.n, x.v / (x.n * x.n), 1}; }

double mean_of(const SampleSums& sums) { return sums.signal / sums.normalization; }

}  // namespace

SampleSums sums_of(std::span<const Sample> samples, ErrorModel model) {
  SampleSums sums;
  for (const auto& [c, s, v, n] : samples) {
    sums.signal += c * s;
    sums.variance += c * c * v;
    sums.normalization += c * n;
    sums.normalization_squared += c * n * c * n;
    sums.count += c;
  }
  if (model != ErrorModel::azimuthal || samples.empty()) return sums;
  const double m = mean_of(sums);
  sums.variance = 0;
  for (const auto& [c, s, v, n] : samples) {
    sums.variance += c * c * (s - m * n) * (s - m * n);
    sums.cross += c * c * n * (s - m * n);
  }
  return sums;
}

SampleSums clipped_sums_of(std::vector<Sample> samples, ErrorModel model, const SigmaClip& clip) {
  const ErrorModel clipping = model == ErrorModel::hybrid ? ErrorModel::azimuthal : model;
  for (int i = 0; i < clip.max_iter; ++i) {
    const SampleSums sums = sums_of(samples, clipping);
    const double std = std::sqrt(sums.variance / sums.normalization_squared);
    const double limit = clipping_limit(clip.threshold, sums.count, mean_of(sums), std);
    const auto removed =
        std::erase_if(samples, [&](const Sample& x) { return std::abs(x.s / x.n - mean_of(sums)) > limit; });
    if (removed == 0) break;
  }
  return sums_of(samples, model);
}

SampleSums quantile_sums_of(std::vector<Sample> samples, ErrorModel model, const Quantiles& quantiles) {
  std::ranges::stable_sort(samples, {}, [](const Sample& x) { return x.s / x.n; });
  double all = 0;
  for (const Sample& x : samples) all += x.c * x.n;
  const double lo = quantiles.lo * all;
  const double hi = quantiles.hi * all;
  std::vector<Sample> kept;
  double below = 0;
  for (const Sample& x : samples) {
    const double up_to = below + x.c * x.n;
    if ((lo <= below && up_to <= hi) || (below <= lo && hi <= up_to)) kept.push_back(x);
    below = up_to;
  }
  return sums_of(kept, model);
}

ReferenceIntegrator::ReferenceIntegrator(const Poni& poni, const IntegrationOptions& options, Mean mean)
    : options_(options), division_(divide_pixels(poni, options)), mean_(mean) {}

std::vector<std::vector<Sample>> ReferenceIntegrator::samples(const Array& image, const Exposure& exposure) const {
  require_usable(division_, options_.error_model, image, exposure);
  const bool poisson = options_.error_model == ErrorModel::poisson || options_.error_model == ErrorModel::hybrid;
  const auto bad = bad_value_for(options_, division_.detector, image.dtype());
  const auto raw = image.to_vector<double>();
  std::vector<double> given;
  if (options_.error_model == ErrorModel::variance) given = exposure.variance->to_vector<double>();

  std::vector<std::vector<Sample>> bins(division_.bins);
  for (const auto& [pixel, bin, part] : division_.fractions) {
    if (is_bad(raw[pixel], bad)) continue;
    Sample x;
    x.c = part;
    x.s = raw[pixel];
    x.v = poisson ? std::max(raw[pixel], 1.0) : given.empty() ? 0 : given[pixel];
    x.n = division_.normalization[pixel] * exposure.monitor;
    if (!division_.dark.empty()) {
      x.s -= division_.dark[pixel];
      if (!division_.dark_variance.empty()) x.v += division_.dark_variance[pixel];
    }
    if (!std::isfinite(x.v)) continue;
    bins[bin].push_back(mean_ == Mean::weighted ? x : unweighted(x));
  }
  return bins;
}

template <class SumsOf>
Pattern ReferenceIntegrator::pattern(const Array& image, const Exposure& exposure, const SumsOf& sums_of_bin) const {
  Pattern pattern;
  pattern.axis = division_.axis;
  resize_sums(pattern, division_.bins, options_.error_model);
  auto bins = samples(image, exposure);
  for (std::size_t bin = 0; bin < bins.size(); ++bin) store(pattern, bin, sums_of_bin(std::move(bins[bin])));
  set_averages(pattern);
  return pattern;
}

Pattern ReferenceIntegrator::integrate(const Array& image, const Exposure& exposure) const {
  return pattern(image, exposure,
                 [&](const std::vector<Sample>& samples) { return sums_of(samples, options_.error_model); });
}

Pattern ReferenceIntegrator::sigma_clip(const Array& image, const SigmaClip& clip, const Exposure& exposure) const {
  require_valid(clip, options_.error_model);
  return pattern(image, exposure, [&](std::vector<Sample> samples) {
    return clipped_sums_of(std::move(samples), options_.error_model, clip);
  });
}

Pattern ReferenceIntegrator::quantile(const Array& image, const Quantiles& quantiles, const Exposure& exposure) const {
  require_valid(quantiles);
  return pattern(image, exposure, [&](std::vector<Sample> samples) {
    return quantile_sums_of(std::move(samples), options_.error_model, quantiles);
  });
}

}  // namespace annulus
