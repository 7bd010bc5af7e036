// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/integrator.hpp"

#include <cmath>
#include <limits>
#include <utility>

namespace annulus {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

void carry_on(const Frame& frame, Pattern& pattern) {
  pattern.number = frame.number;
  pattern.time = frame.time;
  pattern.readings = frame.readings;
}

}  // namespace

Pattern Integrator::integrate(const Frame& frame) const {
  Pattern pattern = integrate(frame.pixels);
  carry_on(frame, pattern);
  return pattern;
}

std::vector<Pattern> Integrator::integrate(std::span<const Frame> frames) const {
  std::vector<Array> images;
  for (const Frame& frame : frames) images.push_back(frame.pixels);
  std::vector<Pattern> patterns;
  for (BinSums& sums : engine_.sum(images)) {
    patterns.push_back(pattern_of(std::move(sums)));
    carry_on(frames[patterns.size() - 1], patterns.back());
  }
  return patterns;
}

Pattern Integrator::pattern_of(BinSums sums) const {
  Pattern pattern;
  pattern.axis = axis();
  pattern.intensity.resize(sums.count.size());
  if (!sums.variance.empty()) pattern.sigma.resize(sums.count.size());
  for (std::size_t bin = 0; bin < sums.count.size(); ++bin) {
    const bool empty = sums.count[bin] == 0;
    pattern.intensity[bin] = empty ? nan : sums.signal[bin] / sums.normalization[bin];
    if (!pattern.sigma.empty()) {
      pattern.sigma[bin] = empty ? nan : std::sqrt(sums.variance[bin]) / sums.normalization[bin];
    }
  }
  pattern.signal = std::move(sums.signal);
  pattern.variance = std::move(sums.variance);
  pattern.normalization = std::move(sums.normalization);
  pattern.count = std::move(sums.count);
  return pattern;
}

}  // namespace annulus
