// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>

#include "operators/data/pattern.hpp"

#include "operators/kernels/integration_options.hpp"

namespace annulus {

/// The sums of one bin (see Pattern): c is the fraction of a pixel in it, n its normalization, s its counts.
struct SampleSums {
  double signal = 0;                 ///< sum c s
  double variance = 0;               ///< sum c^2 var
  double normalization = 0;          ///< sum c n
  double normalization_squared = 0;  ///< sum (c n)^2
  double count = 0;                  ///< sum c
  double cross = 0;                  ///< sum c^2 n (s - m n), m = signal / normalization; azimuthal model only
};

/// Outliers lie farther from the mean of a bin than clipping_limit().
struct SigmaClip {
  double threshold = 5;  ///< least cutoff [standard deviations]; 0 leaves it to the number of pixels
  int max_iter = 5;      ///< how often outliers are looked for
};

/// Between which fractions of the normalization of a bin, sorted by intensity, pixels are averaged: 0 to 1. Both 0.5:
/// the median.
struct Quantiles {
  double lo = 0.5;
  double hi = 0.5;
};

/// How far from the mean of a bin a pixel may be: as many standard deviations as Chauvenet's criterion lets less than
/// half a pixel of `count` exceed, as in pyFAI, at least `threshold`; and, so that equal pixels stay, what rounding
/// does to a mean.
[[nodiscard]] double clipping_limit(double threshold, double count, double mean, double std) noexcept;

/// Gives the pattern room for all bins of the axis, and errors if the model has any.
void resize_sums(Pattern& pattern, std::size_t bins, ErrorModel model);

/// The sums of a bin whose normalizations are all `monitor` times as large.
[[nodiscard]] SampleSums normalized_by(double monitor, const SampleSums& sums) noexcept;

/// Writes the sums of a bin, perhaps while other threads write those of others; the averages are computed by
/// set_averages().
void store(Pattern& pattern, std::size_t bin, const SampleSums& sums);

/// Throws ConfigError: a negative or NaN threshold, a negative number of iterations, an error model without errors.
void require_valid(const SigmaClip& clip, ErrorModel model);
/// Throws ConfigError unless 0 <= lo <= hi <= 1.
void require_valid(const Quantiles& quantiles);

}  // namespace annulus
