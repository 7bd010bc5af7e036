// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "operators/stream/graph.hpp"
#include "operators/stream/registry.hpp"
#include "service/config/config.hpp"
#include "service/http/viewer_hub.hpp"

namespace annulus {

/// Every node type of this program. `hub` is what viewer sinks show their data to, `config` the text that writers
/// keep in their files.
[[nodiscard]] Registry make_registry(ViewerHub& hub, const std::string& config);

/// The graph of a configuration, with what its nodes share. Throws ConfigError with all mistakes of the file.
class Pipeline {
 public:
  explicit Pipeline(const Config& config);

  [[nodiscard]] Graph& graph() noexcept { return graph_; }
  [[nodiscard]] ViewerHub& hub() noexcept { return hub_; }
  [[nodiscard]] const std::vector<std::string>& warnings() const noexcept { return warnings_; }

 private:
  ViewerHub hub_;
  Graph graph_;
  std::vector<std::string> warnings_;
};

}  // namespace annulus
