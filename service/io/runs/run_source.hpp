// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "operators/data/run_events.hpp"

#include "operators/stream/source.hpp"
#include "service/io/runs/progress.hpp"
#include "service/io/runs/traffic.hpp"

namespace annulus {

/// Base of sources whose messages speak of runs: turns the events of runs into runs, frames and gap marks in the graph.
/// A derived source declares its outputs (`Out<Frame>`), tells them to `use_outputs`, and calls the protected functions
/// from one thread at a time; they wait while the window of frames in flight is full.
class RunSource : public SourceNode, public ReportsProgress, public ReportsTraffic {
 public:
  explicit RunSource(std::string name) : SourceNode(std::move(name)) {}

  [[nodiscard]] const ProgressBook& progress() const override { return progress_; }
  [[nodiscard]] Traffic traffic() const override { return traffic_.traffic(); }
  /// True when a recording in place of a detector has been played; never so for what is live.
  [[nodiscard]] bool finished() const noexcept { return finished_; }

 protected:
  void init() override;
  /// Frames go to `outputs[FrameArrived::output]`. Before the graph starts.
  void use_outputs(std::vector<Out<Frame>*> outputs) { outputs_ = std::move(outputs); }
  void handle_all(const std::vector<RunEvent>& events);
  void handle_event(const RunEvent& event);
  /// Counts and reports a message that could not be decoded.
  void refuse(const DecodeError& error, std::span<const std::byte> message);
  /// Reports something that concerns no run: a socket that fails.
  void report_trouble(const std::string& message) { report({}, message); }
  [[nodiscard]] TrafficCounter& counter() noexcept { return traffic_; }
  /// Nothing more will come, and the last run has been ended.
  void finish() noexcept { finished_ = true; }

 private:
  void handle(const RunStarted& event);
  void handle(const FrameArrived& event);
  void handle(const FramesMissing& event);
  void handle(const FramesInFile& event);
  void handle(const RunStopped& event);
  void handle(const Problem& event);
  void run_closed(const std::string& uid);
  [[nodiscard]] RunPtr find_run(const std::string& uid) const;
  void count_arrival(const FrameArrived& event);

  Param<int> window_{*this, "window", 64, "frames that may be in the graph at once; then the source waits",
                     at_least(1)};

  struct OpenRun {
    RunPtr run;
    std::optional<std::uint64_t> last;  ///< number of the newest frame
  };

  std::vector<Out<Frame>*> outputs_;
  std::map<std::string, OpenRun> runs_;
  std::mutex closing_mutex_;
  std::map<std::string, RunPtr> closing_;  ///< stopped, but not yet closed everywhere
  ProgressBook progress_;
  TrafficCounter traffic_;
  std::atomic<bool> finished_{false};
};

}  // namespace annulus
