// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "operators/data/pattern.hpp"

#include "operators/integrate/integration.hpp"

namespace annulus {

/// Azimuthal integration (see Integrator), of one geometry, or of that which the header of each run tells. A run whose
/// header lacks what is to be taken from it fails at its start.
///   in "in": Frame (rows, cols) [counts]      out "out": Pattern (bins)
class Integrate1d final : public Integration<Pattern> {
 public:
  explicit Integrate1d(std::string name) : Integration(std::move(name), IntegrationKind{.type = "integrate1d"}) {}

 private:
  [[nodiscard]] std::vector<Pattern> integrate(const Integrator& integrator, std::span<const Frame> frames,
                                               const Array* variance) const override {
    return integrator.integrate(frames, variance);
  }
};

}  // namespace annulus
