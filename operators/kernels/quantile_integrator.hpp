// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "operators/data/pattern.hpp"

#include "operators/kernels/bin_major.hpp"
#include "operators/kernels/clipping.hpp"
#include "operators/kernels/groups.hpp"
#include "operators/kernels/sample_sums.hpp"

namespace annulus {

/// Averages between two quantiles of the pixels of each bin, the median among them, as ReferenceIntegrator::quantile()
/// defines it; pixels may be split. The result is the same, bit for bit, for any number of threads.
class QuantileIntegrator final {
 public:
  /// Throws ConfigError for quantiles that make no sense, and as divide_pixels() does.
  QuantileIntegrator(const Poni& poni, const IntegrationOptions& options, const Quantiles& quantiles,
                     std::size_t threads = 1);
  ~QuantileIntegrator();

  /// Throws DataError as require_usable() does. May be called from several threads at once.
  [[nodiscard]] Pattern integrate(const Array& image, const Exposure& exposure = {}) const;
  /// The same, carrying on the frame's number, time and readings.
  [[nodiscard]] Pattern integrate(const Frame& frame, const Exposure& exposure = {}) const;

 private:
  struct Room;
  [[nodiscard]] SampleSums sums_of(const BinMajor::Places& places, BadCounts bad, Room& room) const;

  IntegrationOptions options_;
  Quantiles quantiles_;
  Division division_;  ///< without its fractions and normalizations
  BinMajor pixels_;
  mutable Team team_;
  mutable Rooms<Room> rooms_;
};

}  // namespace annulus
