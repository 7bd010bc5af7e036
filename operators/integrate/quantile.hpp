// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "operators/data/pattern.hpp"

#include "operators/integrate/integration.hpp"

namespace annulus {

/// Base of averages between two quantiles of each bin (see QuantileIntegrator); otherwise as Integrate1d.
///   in "in": Frame (rows, cols) [counts]      out "out": Pattern (bins)
class QuantileIntegration : public Integration<Pattern, QuantileIntegrator> {
 protected:
  QuantileIntegration(std::string name, std::string type)
      : Integration(
            std::move(name),
            {.type = std::move(type), .make = [this](const auto& poni, const auto& options, std::size_t threads) {
               return std::make_unique<const QuantileIntegrator>(poni, options, quantiles(), threads);
             }}) {}

 private:
  [[nodiscard]] virtual Quantiles quantiles() const = 0;

  [[nodiscard]] std::vector<Pattern> integrate(const QuantileIntegrator& integrator, std::span<const Frame> frames,
                                               const Array* variance) const override {
    std::vector<Pattern> patterns;
    for (const Frame& frame : frames) patterns.push_back(integrator.integrate(frame, {.variance = variance}));
    return patterns;
  }
};

/// As pyFAI's medfilt1d_ng with a range of percentiles.
class Quantile1d final : public QuantileIntegration {
 public:
  explicit Quantile1d(std::string name) : QuantileIntegration(std::move(name), "quantile") {}

 private:
  [[nodiscard]] Quantiles quantiles() const override { return {(*percentile_)[0] / 100, (*percentile_)[1] / 100}; }

  Param<std::array<double, 2>> percentile_{
      *this,
      "percentile",
      required,
      "between which of the pixels of a bin, sorted by their intensity, are averaged; [50, 50] is the median",
      {[](const auto& range) { return 0 <= range[0] && range[0] <= range[1] && range[1] <= 100; },
       "increasing, between 0 and 100"}};
};

/// As pyFAI's medfilt1d_ng without more said.
class Median1d final : public QuantileIntegration {
 public:
  explicit Median1d(std::string name) : QuantileIntegration(std::move(name), "median") {}

 private:
  [[nodiscard]] Quantiles quantiles() const override { return {0.5, 0.5}; }
};

}  // namespace annulus
