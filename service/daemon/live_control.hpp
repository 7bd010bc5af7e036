// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "operators/stream/graph.hpp"
#include "service/http/controls.hpp"

namespace annulus {

/// Changes the live parameters of a running graph for those who ask the service to. Thread-safe.
class LiveControl final {
 public:
  /// Relative paths in values begin at `folder`.
  LiveControl(Graph& graph, std::filesystem::path folder) : graph_(&graph), folder_(std::move(folder)) {}

  [[nodiscard]] std::vector<LiveParameter> parameters() const;
  /// As Controls::change; waits until the node is ready for the value, at most 20 s.
  ChangeState change(const std::string& node, const std::string& parameter, const Value& value);

 private:
  [[nodiscard]] Value placed(const std::string& node, const std::string& parameter, const Value& value) const;

  Graph* graph_;
  std::filesystem::path folder_;
  std::mutex one_at_a_time_;
};

}  // namespace annulus
