// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/integrator.hpp"

#include <utility>

#include "operators/data/pattern_arithmetic.hpp"

namespace annulus {
namespace {

template <class Result>
void fill(Result& result, BinSums sums, const Engine& engine) {
  result.signal = std::move(sums.signal);
  result.variance = std::move(sums.variance);
  result.normalization = std::move(sums.normalization);
  result.normalization_squared = std::move(sums.normalization_squared);
  result.count = std::move(sums.count);
  result.cross = std::move(sums.cross);
  set_averages(result, [&](std::size_t count, const auto& f) { engine.for_shares(count, f); });
}

}  // namespace

Pattern Integrator::integrate(const Frame& frame) const {
  Pattern pattern = integrate(frame.pixels);
  carry_on(frame, pattern);
  return pattern;
}

std::vector<Pattern> Integrator::integrate(std::span<const Frame> frames, const Array* variance) const {
  std::vector<Pattern> patterns;
  for (BinSums& sums : sums_of(frames, variance)) {
    patterns.push_back(pattern_of(std::move(sums)));
    carry_on(frames[patterns.size() - 1], patterns.back());
  }
  return patterns;
}

Cake Integrator::integrate2d(const Frame& frame) const {
  Cake cake = integrate2d(frame.pixels);
  carry_on(frame, cake);
  return cake;
}

std::vector<Cake> Integrator::integrate2d(std::span<const Frame> frames, const Array* variance) const {
  std::vector<Cake> cakes;
  for (BinSums& sums : sums_of(frames, variance)) {
    cakes.push_back(cake_of(std::move(sums)));
    carry_on(frames[cakes.size() - 1], cakes.back());
  }
  return cakes;
}

std::vector<BinSums> Integrator::sums_of(std::span<const Frame> frames, const Array* variance) const {
  if (variance != nullptr) {
    std::vector<BinSums> sums;
    for (const Frame& frame : frames) sums.push_back(engine_.sum(frame.pixels, variance));
    return sums;
  }
  std::vector<Array> images;
  for (const Frame& frame : frames) images.push_back(frame.pixels);
  return engine_.sum(images);
}

Pattern Integrator::pattern_of(BinSums sums) const {
  Pattern pattern;
  pattern.axis = axis();
  fill(pattern, std::move(sums), engine_);
  return pattern;
}

Cake Integrator::cake_of(BinSums sums) const {
  Cake cake;
  cake.axis = axis();
  cake.azimuthal_axis = engine_.divider().azimuthal_axis();
  fill(cake, std::move(sums), engine_);
  return cake;
}

}  // namespace annulus
