// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

namespace annulus {

/// xoshiro256++ (Blackman and Vigna, https://prng.di.unimi.it): fast, and the same numbers on every machine, which the
/// distributions of the standard library do not promise.
class RandomNumbers final {
 public:
  /// `stream` gives independent sequences for the same seed.
  RandomNumbers(std::uint64_t seed, std::uint64_t stream);

  std::uint64_t next();
  /// Uniform in [0, 1).
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }

 private:
  std::uint64_t state_[4];
};

/// A Poisson-distributed number of counts with this mean; 0 for a mean that is not positive. Exact: inversion for small
/// means, transformed rejection (W. Hoermann, Insurance: Mathematics and Economics 12, 39, 1993, PTRS) for others.
[[nodiscard]] std::uint64_t poisson(double mean, RandomNumbers& random);

}  // namespace annulus
