// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <deque>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "operators/stream/graph.hpp"
#include "service/http/status.hpp"

namespace annulus {

/// Puts together what the service says of itself, by asking the nodes of its graph. Thread-safe.
class StatusReport {
 public:
  StatusReport(std::string name, Graph& graph);

  /// Notes the time and the nodes' counters, for the rates; call it a few times a second.
  void sample();
  void set_state(ServiceState state);
  [[nodiscard]] Status status() const;

 private:
  struct Counts {
    std::uint64_t in;
    std::uint64_t out;
  };
  struct Sample {
    double time;
    std::vector<Counts> nodes;  ///< in the order of the graph's nodes
  };

  void add_rates(Status& status) const;

  std::string name_;
  Graph* graph_;
  double started_;
  mutable std::mutex mutex_;
  ServiceState state_ = ServiceState::starting;
  std::deque<Sample> samples_;
};

}  // namespace annulus
