// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <vector>

#include "operators/data/pattern.hpp"

#include "operators/kernels/division.hpp"
#include "operators/kernels/sample_sums.hpp"

namespace annulus {

/// weighted: sum c s / sum c n. unweighted: the mean of s / n, every pixel alike whatever its normalization.
enum class Mean : std::uint8_t { weighted, unweighted };

/// A pixel, or part of one, in a bin.
struct Sample {
  double c = 1;  ///< fraction of the pixel
  double s = 0;  ///< counts - dark
  double v = 0;  ///< variance of s
  double n = 1;  ///< normalization: flat field, polarization, solid angle, monitor
};

/// The sums of the samples of a bin, each after its definition (SampleSums). Hybrid counts as poisson.
[[nodiscard]] SampleSums sums_of(std::span<const Sample> samples, ErrorModel model);

/// The same without outliers: after each sum, samples with |s/n - m| > clipping_limit() are removed for good, until
/// none is, or `max_iter` times.
[[nodiscard]] SampleSums clipped_sums_of(std::vector<Sample> samples, ErrorModel model, const SigmaClip& clip);

/// The same over the samples between two quantiles. Sorted by s/n, with w_k the sum of c n up to sample k and W that of
/// all: those with lo W <= w_(k-1) and w_k <= hi W, and those with w_(k-1) <= lo W and hi W <= w_k.
[[nodiscard]] SampleSums quantile_sums_of(std::vector<Sample> samples, ErrorModel model, const Quantiles& quantiles);

/// What the fast engines must agree with: integration in double precision, one thread, written as the formulas are. It
/// needs about 50 bytes for each pixel and bin.
class ReferenceIntegrator final {
 public:
  /// Throws as divide_pixels() does.
  ReferenceIntegrator(const Poni& poni, const IntegrationOptions& options, Mean mean = Mean::weighted);

  /// Bins without pixels have count 0 and NaN averages. All throw DataError as require_usable() does.
  [[nodiscard]] Pattern integrate(const Array& image, const Exposure& exposure = {}) const;
  /// Throws ConfigError for parameters that make no sense, or an error model without standard deviations.
  [[nodiscard]] Pattern sigma_clip(const Array& image, const SigmaClip& clip, const Exposure& exposure = {}) const;
  [[nodiscard]] Pattern quantile(const Array& image, const Quantiles& quantiles, const Exposure& exposure = {}) const;

  [[nodiscard]] const Division& division() const noexcept { return division_; }

 private:
  /// The samples of every bin, of pixels that hold a measurement.
  [[nodiscard]] std::vector<std::vector<Sample>> samples(const Array& image, const Exposure& exposure) const;
  template <class SumsOf>
  [[nodiscard]] Pattern pattern(const Array& image, const Exposure& exposure, const SumsOf& sums_of_bin) const;

  IntegrationOptions options_;
  Division division_;
  Mean mean_;
};

}  // namespace annulus
