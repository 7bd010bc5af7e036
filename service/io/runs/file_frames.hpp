// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "operators/data/run_events.hpp"

#include "detectors/files/live_images.hpp"
#include "operators/stream/clock.hpp"

namespace annulus {

/// Reads the frames that are announced to be in files. What follows in the same run waits behind them, so that a run
/// stays in order; other runs do not wait. A frame that is not there after `wait` is lost: counted from its
/// announcement, or from the last frame of the run that went on.
class FileFrames {
 public:
  using Open = std::function<std::unique_ptr<LiveImages>(const ImageFiles&)>;
  using Emit = std::function<void(const RunEvent&)>;

  /// `open` throws DataError for files that must not be read.
  FileFrames(Clock& clock, Clock::Duration wait, Open open, Emit emit)
      : clock_(clock), wait_(wait), open_(std::move(open)), emit_(std::move(emit)) {}

  /// Takes an event that must wait, and says whether it did: a frame in a file, or anything of a run whose frames are
  /// being waited for. While too much waits it blocks, until give_up(). Any thread.
  [[nodiscard]] bool keep(RunEvent& event);
  /// Emits what can go on, at most one frame of each run; false when there was nothing. One thread at a time.
  bool step();
  /// From now on no frame is waited for: those that have not been read are lost. Any thread.
  void give_up();
  /// The same, and nothing is kept from now on. Any thread.
  void close();
  /// Waits until step() may have something to do that it had not; `timer` calls wake(). False when nothing waits and
  /// nothing will.
  bool wait_for_work(Timer& timer);
  /// To be called by the timer.
  void wake();
  /// Waits until nothing waits any more.
  void wait_until_empty();

 private:
  struct Waiting {
    RunEvent event;
    Clock::Duration since;
  };
  struct RunQueue {
    Clock::Duration next_try{0};
    bool ended = false;
    std::deque<Waiting> events;  ///< the front one goes on first; it stays there until it has been emitted
    RunCounts counts;
    Clock::Duration last_progress{0};
    std::shared_ptr<const ImageFiles> files;  ///< that are open
    std::unique_ptr<LiveImages> images;
  };
  bool advance(RunQueue& run);
  bool read_frame(RunQueue& run, FramesInFile& frames, Clock::Duration since);
  void miss(RunQueue& run, FramesInFile& frames, std::uint64_t count, FrameState state, const std::string& reason);
  Expected<Array, std::string> read(RunQueue& run, const FramesInFile& frames, std::uint64_t image);
  void pop(RunQueue& run);

  Clock& clock_;
  Clock::Duration wait_;
  Open open_;
  Emit emit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, RunQueue> runs_;
  std::size_t waiting_ = 0;
  bool woken_ = false;
  bool given_up_ = false;
  bool closed_ = false;
};

}  // namespace annulus
