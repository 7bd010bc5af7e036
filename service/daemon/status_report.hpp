// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <deque>
#include <mutex>
#include <string>
#include <utility>

#include "operators/stream/graph.hpp"
#include "service/http/status.hpp"

namespace annulus {

/// Puts together what the service says of itself, by asking the nodes of its graph. Thread-safe.
class StatusReport {
 public:
  StatusReport(std::string name, Graph& graph);

  /// Notes the time and the number of frames, for the rate; call it a few times a second.
  void sample();
  void set_state(ServiceState state);
  [[nodiscard]] Status status() const;

 private:
  struct Sample {
    double time;
    std::uint64_t reduced;
  };

  std::string name_;
  Graph* graph_;
  double started_;
  mutable std::mutex mutex_;
  ServiceState state_ = ServiceState::starting;
  std::deque<Sample> samples_;
};

}  // namespace annulus
