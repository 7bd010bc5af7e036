// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "operators/data/pattern.hpp"

#include "operators/integrate/integration.hpp"

namespace annulus {

/// Azimuthal integration without outliers (see SigmaClipper), as pyFAI's sigma_clip_ng; otherwise as Integrate1d.
///   in "in": Frame (rows, cols) [counts]      out "out": Pattern (bins)
class SigmaClip1d final : public Integration<Pattern, SigmaClipper> {
 public:
  explicit SigmaClip1d(std::string name)
      : Integration(std::move(name), {.type = "sigma_clip",
                                      .split = Split::no,
                                      .error_model = ErrorModel::azimuthal,
                                      .make = [this](const auto& poni, const auto& options, std::size_t threads) {
                                        return std::make_unique<const SigmaClipper>(
                                            poni, options, SigmaClip{*threshold_, *max_iter_}, threads);
                                      }}) {}

 private:
  [[nodiscard]] std::vector<Pattern> integrate(const SigmaClipper& clipper, std::span<const Frame> frames,
                                               const Array*) const override {
    std::vector<Pattern> patterns;
    for (const Frame& frame : frames) patterns.push_back(clipper.integrate(frame));
    return patterns;
  }

  Param<double> threshold_{*this, "threshold", 5.0,
                           "standard deviations that a pixel may be from the mean of its bin; more in bins of so many "
                           "pixels that one would be expected beyond (Chauvenet's criterion)",
                           at_least(0.0)};
  Param<int> max_iter_{*this, "max_iter", 5, "how often outliers are looked for", between(0, 1000)};
};

}  // namespace annulus
