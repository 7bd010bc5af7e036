// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <vector>

#include "operators/kernels/integration_options.hpp"
#include "operators/stream/node.hpp"

namespace annulus {

/// The parameters of an azimuthal axis, declared at an operator.
class AzimuthalParams final {
 public:
  explicit AzimuthalParams(Node& owner)
      : bins_(owner, "azimuthal_bins", 360, "number of azimuthal bins, which divide the sector evenly",
              between(1, 100'000)),
        edges_(owner, "azimuthal_edges", std::vector<double>(),
               "bounds of all azimuthal bins, increasing over at most 360, instead of their number and sector", {},
               "degrees") {}

  void add_to(IntegrationOptions& options) const {
    if (edges_->empty()) {
      options.azimuthal_bins = static_cast<std::size_t>(*bins_);
    } else {
      options.azimuthal_edges = *edges_;
    }
  }

 private:
  Param<int> bins_;
  Param<std::vector<double>> edges_;
};

}  // namespace annulus
