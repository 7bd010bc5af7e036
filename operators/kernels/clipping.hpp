// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "detectors/geometry/detector.hpp"

namespace annulus {

// Passes over the pixels of one bin, with the processor's best vectors. Sums are added in 8 interleaved parts, whatever
// the vectors: every processor gives the same bits. Sizes are multiples of 8 (BinMajor::lanes).

/// What is known of the pixels of a bin: counts as they were measured, normalization n, dark and its variance.
struct BinPixels {
  std::span<const double> counts;
  std::span<const double> normalization;  ///< NaN where there is no pixel
  std::span<const double> dark;           ///< empty without a dark
  std::span<const double> dark_variance;  ///< empty without one
};

/// Which errors are summed up beside the intensities.
struct ClippedErrors {
  bool scatter = false;  ///< what the scatter of the intensities needs
  bool poisson = false;  ///< the variance of the counts
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
  double lowest = 0;  ///< the least x; infinite without pixels
  double highest = 0;
  std::uint64_t count = 0;
};

/// Counts from lo to hi are bad. None are when hi < lo.
struct BadCounts {
  double lo = 1;
  double hi = 0;
};

/// The counts that are bad by `value`.
[[nodiscard]] BadCounts bad_counts(const std::optional<BadValue>& value) noexcept;

/// Writes x of every pixel, NaN of those without a measurement: bad counts, infinite or NaN.
void write_intensities(const BinPixels& pixels, BadCounts bad, std::span<double> x);

/// The same, and the sums over all pixels whose x is not NaN.
[[nodiscard]] ClippedSums write_and_sum(const BinPixels& pixels, BadCounts bad, ClippedErrors errors, double offset,
                                        std::span<double> x);

/// Sums over the pixels with lo <= x <= hi.
[[nodiscard]] ClippedSums clipped_sums(const BinPixels& pixels, std::span<const double> x, ClippedErrors errors,
                                       double lo, double hi, double offset);

}  // namespace annulus
