// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "operators/data/pattern.hpp"

#include "operators/integrate/azimuthal_params.hpp"
#include "operators/integrate/integration.hpp"

namespace annulus {

/// Integration over radial and azimuthal bins (see Integrator); otherwise as Integrate1d.
///   in "in": Frame (rows, cols) [counts]      out "out": Cake (azimuthal bins, bins)
class Integrate2d final : public Integration<Cake> {
 public:
  explicit Integrate2d(std::string name)
      : Integration(std::move(name), {.type = "integrate2d", .bins = 500, .further = [this](auto& options) {
                                        azimuth_.add_to(options);
                                      }}) {}

 private:
  [[nodiscard]] std::vector<Cake> integrate(const Integrator& integrator, std::span<const Frame> frames,
                                            const Array* variance) const override {
    return integrator.integrate2d(frames, variance);
  }

  AzimuthalParams azimuth_{*this};
};

}  // namespace annulus
