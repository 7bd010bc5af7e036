// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "detectors/bluesky/run_tracker.hpp"
#include "operators/stream/source.hpp"
#include "service/io/documents/progress.hpp"

namespace annulus {

/// Base of sources that get Bluesky documents from somewhere: turns them into runs, frames and gap marks in the
/// graph. `feed` is called from one thread; it waits while the window of frames in flight is full.
class DocumentSource : public SourceNode, public ReportsProgress {
 public:
  explicit DocumentSource(std::string name);

  [[nodiscard]] const ProgressBook& progress() const override { return progress_; }
  /// Documents that belonged to no known run: their start was before this source listened, or was lost.
  [[nodiscard]] std::uint64_t orphans() const noexcept { return orphans_.value(); }

 protected:
  void init() override;
  void feed(Document document);
  /// Ends every run that is still open, as aborted.
  void abandon_runs(const std::string& reason);
  /// Counts and reports something that concerns no run: undecodable bytes.
  void report_refused(const std::string& message);

 private:
  void handle_all(const std::vector<bluesky::RunEvent>& events);
  void handle(const bluesky::RunStarted& event);
  void handle(const bluesky::FrameArrived& event);
  void handle(const bluesky::FramesMissing& event);
  void handle(const bluesky::RunStopped& event);
  void handle(const bluesky::Problem& event);
  void run_closed(const std::string& uid);
  [[nodiscard]] RunPtr find_run(const std::string& uid) const;

  Param<std::string> image_{*this, "image", "",
                            "data key of the image; empty: the first array of two or three dimensions"};
  Param<int> window_{*this, "window", 64, "frames that may be in the graph at once; then the source waits",
                     at_least(1)};
  Out<Frame> frames_{*this, "frames"};

  std::unique_ptr<bluesky::RunTracker> tracker_;
  std::map<std::string, RunPtr> runs_;
  std::mutex closing_mutex_;
  std::map<std::string, RunPtr> closing_;  ///< stopped, but not yet closed everywhere
  Counter orphans_;
  ProgressBook progress_;
};

}  // namespace annulus
