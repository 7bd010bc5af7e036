// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "operators/data/array.hpp"

#include "operators/kernels/bin_sums.hpp"
#include "operators/kernels/plan.hpp"

namespace annulus {

/// Sums in double precision, in the order of the plan's entries: of images of floating-point numbers, and of errors
/// that are no function of the counts.
struct ValueSums {
  std::vector<double> signal;
  std::vector<double> variance;  ///< empty unless the error model asks for it
  Spots bad;                     ///< pixels without a measurement
};

/// Sums c value and, for Poisson's errors, c^2 max(value, 1); with `variance`, c^2 times that of each pixel. A pixel is
/// bad when its value or variance is not finite, or when `bad` says so.
[[nodiscard]] ValueSums add_values(const Plan& plan, const IntegrationOptions& options,
                                   const std::optional<BadValue>& bad, const Array& image, const Array* variance);

/// Sets variance and cross from how pixels differ from the mean of their bin: with y = c (s - n signal /
/// normalization), sum y^2 and sum c n y, which are exact whatever the order (pyFAI's one pass is not).
void add_spread(const Plan& plan, std::span<const double> normalization, const std::vector<double>& dark,
                const std::optional<BadValue>& bad, const Array& image, BinSums& sums);

}  // namespace annulus
