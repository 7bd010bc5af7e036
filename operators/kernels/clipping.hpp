// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>

namespace annulus {

// Passes over the pixels of one bin, with the processor's best vectors. Sums are added in 8 interleaved parts, whatever
// the vectors: every processor gives the same bits. Sizes are multiples of 8 (BinMajor::lanes).

/// Sums over pixels of intensity x = s/n, normalization n and variance v, with y = x - offset.
struct ClippedSums {
  double n = 0;     ///< sum n
  double n2 = 0;    ///< sum n^2
  double ny = 0;    ///< sum n y
  double n2y = 0;   ///< sum n^2 y
  double n2y2 = 0;  ///< sum n^2 y^2
  double v = 0;     ///< sum v; 0 without variances
  std::uint64_t count = 0;
};

/// x: s of every pixel, replaced by s/n. Sums n and ny (offset 0) over the pixels whose s/n is not NaN.
[[nodiscard]] ClippedSums divide_and_sum(std::span<double> x, std::span<const double> n);

/// Sums over the pixels with lo <= x <= hi. `v` may be empty.
[[nodiscard]] ClippedSums clipped_sums(std::span<const double> x, std::span<const double> n, std::span<const double> v,
                                       double lo, double hi, double offset);

}  // namespace annulus
