// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/powder/poisson.hpp"

#include <bit>
#include <cmath>

namespace annulus {
namespace {

std::uint64_t splitmix(std::uint64_t& state) {
  std::uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

std::uint64_t by_inversion(double mean, RandomNumbers& random) {
  double probability = std::exp(-mean);
  double u = random.uniform();
  std::uint64_t counts = 0;
  // The sum of the probabilities stops growing before 200 for a mean of at most 10: then u was rounding.
  while (u >= probability && counts < 200) {
    u -= probability;
    ++counts;
    probability *= mean / static_cast<double>(counts);
  }
  return counts;
}

std::uint64_t by_rejection(double mean, RandomNumbers& random) {
  const double b = 0.931 + 2.53 * std::sqrt(mean);
  const double a = -0.059 + 0.02483 * b;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
  const double v_r = 0.9277 - 3.6224 / (b - 2);
  while (true) {
    const double u = random.uniform() - 0.5;
    const double v = random.uniform();
    const double us = 0.5 - std::abs(u);
    const double k = std::floor((2 * a / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= v_r) return static_cast<std::uint64_t>(k);
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (std::log(v) + std::log(inverse_alpha) - std::log(a / (us * us) + b) <=
        -mean + k * std::log(mean) - std::lgamma(k + 1)) {
      return static_cast<std::uint64_t>(k);
    }
  }
}

}  // namespace

RandomNumbers::RandomNumbers(std::uint64_t seed, std::uint64_t stream) {
  std::uint64_t state = seed;
  std::uint64_t mixed = splitmix(state) ^ stream;
  for (std::uint64_t& word : state_) word = splitmix(mixed);
}

std::uint64_t RandomNumbers::next() {
  const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
  const std::uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::uint64_t poisson(double mean, RandomNumbers& random) {
  if (!(mean > 0)) return 0;
  return mean < 10 ? by_inversion(mean, random) : by_rejection(mean, random);
}

}  // namespace annulus
