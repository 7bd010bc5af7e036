// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "detectors/geometry/detector.hpp"

namespace annulus {

// Sums over the pixels of one bin, with the processor's best vectors. They are added in 8 interleaved parts, whatever
// the vectors: every processor gives the same bits. Sizes are multiples of 8 (BinMajor::lanes).

/// What is known of the pixels of a bin: counts as they were measured, normalization n, dark and its variance.
template <class T>
struct BinPixels {
  std::span<const T> counts;
  std::span<const double> normalization;  ///< more than 0; NaN where there is no pixel
  std::span<const double> dark;           ///< empty without a dark
  std::span<const double> dark_variance;  ///< empty without one
};

/// Counts from lo to hi are bad. None are when hi < lo.
struct BadCounts {
  double lo = 1;
  double hi = 0;
};

/// The counts that are bad by `value`.
[[nodiscard]] BadCounts bad_counts(const std::optional<BadValue>& value) noexcept;

/// Which pixels are summed up, and how.
struct Clipping {
  BadCounts bad;
  bool scatter = false;  ///< with what the scatter of the intensities needs
  bool poisson = false;  ///< with the variance of the counts
};

/// Sums over pixels of intensity x = (counts - dark) / n, normalization n and variance v = max(counts, 1) + that of the
/// dark, with y = x - offset.
struct ClippedSums {
  double n = 0;       ///< sum n
  double n2 = 0;      ///< sum n^2
  double ny = 0;      ///< sum n y
  double n2y = 0;     ///< sum n^2 y; with scatter, else 0
  double n2y2 = 0;    ///< sum n^2 y^2; with scatter, else 0
  double v = 0;       ///< sum v; with Poisson's errors, else 0
  double lowest = 0;  ///< the least n y, or 0
  double highest = 0;
  std::uint64_t count = 0;
};

/// What is known of a bin without looking at counts.
struct Normalizations {
  double least = 0;
  double most = 0;
  double sum = 0;
  double sum_of_squares = 0;
  std::uint64_t count = 0;
};

/// Of values that are not NaN.
[[nodiscard]] Normalizations sum_up(std::span<const double> normalization) noexcept;

/// Sums over all pixels, of a bin without a dark and without a look at bad counts: faster.
[[nodiscard]] ClippedSums sums_of_all(const BinPixels<std::uint16_t>& pixels, const Normalizations& known,
                                      const Clipping& clipping, double offset);

/// Sums over the pixels with lo <= x <= hi whose counts are finite and not bad.
[[nodiscard]] ClippedSums clipped_sums(const BinPixels<double>& pixels, const Clipping& clipping, double lo, double hi,
                                       double offset);
[[nodiscard]] ClippedSums clipped_sums(const BinPixels<std::uint16_t>& pixels, const Clipping& clipping, double lo,
                                       double hi, double offset);

}  // namespace annulus
