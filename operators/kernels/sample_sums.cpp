// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/sample_sums.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "operators/data/error.hpp"

namespace annulus {

double clipping_limit(double threshold, double count, double mean, double std) noexcept {
  constexpr double rounding = 1e-12;
  const double cutoff = std::max(threshold, std::sqrt(2 * std::log(std::max(3.0, count) / std::sqrt(2 * pi))));
  return cutoff * std + rounding * std::abs(mean);
}

void resize_sums(Pattern& pattern, std::size_t bins, ErrorModel model) {
  for (const auto field : {&Pattern::signal, &Pattern::normalization, &Pattern::normalization_squared, &Pattern::count})
    pattern.*field = Numbers::zeros(bins);
  if (model != ErrorModel::none) pattern.variance = Numbers::zeros(bins);
  if (model == ErrorModel::azimuthal) pattern.cross = Numbers::zeros(bins);
}

SampleSums normalized_by(double monitor, const SampleSums& sums) noexcept {
  SampleSums all = sums;
  all.normalization *= monitor;
  all.normalization_squared *= monitor * monitor;
  all.cross *= monitor;
  return all;
}

void store(Pattern& pattern, std::size_t bin, const SampleSums& sums) {
  pattern.signal.edit()[bin] = sums.signal;
  pattern.normalization.edit()[bin] = sums.normalization;
  pattern.normalization_squared.edit()[bin] = sums.normalization_squared;
  pattern.count.edit()[bin] = sums.count;
  if (!pattern.variance.empty()) pattern.variance.edit()[bin] = sums.variance;
  if (!pattern.cross.empty()) pattern.cross.edit()[bin] = sums.cross;
}

void require_valid(const SigmaClip& clip, ErrorModel model) {
  if (!(clip.threshold >= 0)) {
    throw ConfigError(
        fmt::format("the threshold is {} (a number of standard deviations, 0 or more) take 5", clip.threshold));
  }
  if (clip.max_iter < 0) throw ConfigError(fmt::format("max_iter is {} (it cannot be negative) take 5", clip.max_iter));
  if (model == ErrorModel::none || model == ErrorModel::variance) {
    throw ConfigError(fmt::format(
        "the error model '{}' does not tell what an outlier is (its distance is measured in standard deviations) "
        "choose azimuthal, poisson or hybrid",
        name_of(model)));
  }
}

void require_valid(const Quantiles& quantiles) {
  if (!(quantiles.lo >= 0) || !(quantiles.hi <= 1) || !(quantiles.lo <= quantiles.hi)) {
    throw ConfigError(fmt::format("quantiles {} to {} make no sense (they go from 0 to 1, the lower first)",
                                  quantiles.lo, quantiles.hi));
  }
}

}  // namespace annulus
