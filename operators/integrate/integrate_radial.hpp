// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "operators/data/pattern.hpp"
#include "operators/data/pattern_arithmetic.hpp"

#include "operators/integrate/azimuthal_params.hpp"
#include "operators/integrate/integration.hpp"

namespace annulus {

/// Intensity over the azimuth, of all pixels in a radial range; otherwise as Integrate1d. The result is a pattern whose
/// axis has the unit chi_deg. One radial bin is exact; several are joined (see over_azimuth), as pyFAI does.
///   in "in": Frame (rows, cols) [counts]      out "out": Pattern (azimuthal bins)
class IntegrateRadial final : public Integration<Pattern> {
 public:
  explicit IntegrateRadial(std::string name)
      : Integration(std::move(name), {.type = "integrate_radial", .bins = 1, .further = [this](auto& options) {
                                        azimuth_.add_to(options);
                                      }}) {}

 private:
  [[nodiscard]] std::vector<Pattern> integrate(const Integrator& integrator, std::span<const Frame> frames,
                                               const Array* variance) const override {
    std::vector<Pattern> patterns;
    for (const Cake& cake : integrator.integrate2d(frames, variance)) patterns.push_back(over_azimuth(cake));
    return patterns;
  }

  AzimuthalParams azimuth_{*this};
};

}  // namespace annulus
