// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "operators/data/error.hpp"

#include "detectors/simplon/api_parameters.hpp"
#include "detectors/simplon/series.hpp"
#include "service/io/simulator/fault_plan.hpp"
#include "service/io/simulator/frame_store.hpp"
#include "service/io/wire/message.hpp"

namespace annulus {

/// Takes a message within the patience, or not.
using MessageSink = std::function<bool(const WireParts&, std::chrono::milliseconds)>;

struct SimulatorOptions {
  simplon::SeriesStart detector;  ///< size, pixels, sensor, experiment, masks and flat fields
  std::vector<Array> images;      ///< (rows, cols) of the first threshold, as_detector_image; sent in turn
  Faults faults;
  bool paced = true;                           ///< by frame_time; else as fast as they are taken
  std::chrono::milliseconds patience{10'000};  ///< a message that nobody takes for so long is dropped
};

/// What has been sent so far.
struct SimulatorTally {
  std::uint64_t messages = 0;
  std::uint64_t frames = 0;  ///< images, whether whole or damaged
  std::uint64_t bytes = 0;
  std::uint64_t dropped = 0;  ///< messages that nobody took
};

/// A command that the detector's state does not allow, as text for the client.
class StateError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// An EIGER detector without sensor: parameters, the commands of the SIMPLON API, and the stream that they cause. Any
/// thread may call; the sink is called by one at a time. States are "na" (not initialized), "idle", "ready" (armed) and
/// "acquire".
class SimulatedDetector final {
 public:
  SimulatedDetector(SimulatorOptions options, MessageSink sink);
  /// Stops what is going on.
  ~SimulatedDetector();
  SimulatedDetector(const SimulatedDetector&) = delete;
  SimulatedDetector& operator=(const SimulatedDetector&) = delete;

  /// The answer to a GET of a parameter; nothing when there is none of that name.
  [[nodiscard]] std::optional<Dict> get(const std::string& name) const;
  /// A PUT: the keys of what changed, or why not. Not while a series is open.
  [[nodiscard]] Expected<List, std::string> put(const std::string& name, const Value& value);
  [[nodiscard]] std::vector<std::string> keys(const std::string& subsystem, const std::string& task) const;

  // The commands throw StateError when the state does not allow them, DataError when the parameters cannot be met.

  /// Ends an open series.
  void initialize();
  /// Begins a series and sends its header. With external triggers (trigger_mode exts, exte) these come at once. Returns
  /// the number of the series.
  std::uint64_t arm();
  /// The images of one trigger (ints: nimages, inte: one of `exposure` seconds); returns when they have been sent, or
  /// the series is aborted.
  void trigger(std::optional<double> exposure = std::nullopt);
  /// Ends the series, after the images of the trigger that is under way. Returns the number of the series.
  std::uint64_t disarm();
  /// Ends the series after the frame that is under way.
  std::uint64_t abort();
  /// Waits until no images are under way.
  void wait();

  /// Sends what faults have held back; no series is begun after this.
  void finish();
  [[nodiscard]] SimulatorTally tally() const;

 private:
  using Lock = std::unique_lock<std::mutex>;
  /// A series between arm and disarm.
  struct Series {
    simplon::SeriesStart start;
    FaultPlan plan;
    std::uint64_t triggers = 0;  ///< that may still come
    std::uint64_t each = 0;      ///< images of a trigger
    std::uint64_t total = 0;     ///< images of the series
    std::uint64_t next = 0;      ///< the frame that is due
    double began = 0;            ///< [s since 1970-01-01 UTC]
    double count_time = 0;       ///< [s]
    double frame_time = 0;       ///< [s]
    Value appendix;
    bool streamed = true;
  };

  template <class F>
  void without_lock(Lock& lock, F&& sends);
  void acquire(std::uint64_t images, Lock& lock);
  void play(std::uint64_t images);
  [[nodiscard]] bool wait_for_turn();
  void send_frame(const Sending& sending);
  void send(const WireParts& parts);
  void end_series(Lock& lock);
  void send_end();
  void send_all(const std::vector<WireParts>& messages);
  std::uint64_t stop_series(Lock& lock);
  void set_state(const std::string& state);
  [[nodiscard]] bool is_busy() const { return sending_ || state() == "acquire"; }
  [[nodiscard]] std::string state() const { return parameters_.text("detector/status/state"); }
  [[nodiscard]] simplon::SeriesStart header(std::uint64_t images) const;
  [[nodiscard]] FrameForm form() const;
  void prepare_frames();

  SimulatorOptions options_;
  MessageSink sink_;

  mutable std::mutex mutex_;  // guards what follows; while it is busy, what is of a series belongs to who sends
  std::condition_variable changed_;
  bool sending_ = false;  ///< a header, an end, or what is late
  simplon::ApiParameters parameters_;
  std::uint64_t last_series_ = 0;
  std::unique_ptr<Series> series_;
  std::unique_ptr<FrameStore> frames_;
  FrameForm form_;
  std::vector<WireParts> late_;    ///< held back until the next series has begun, or there is none
  std::vector<WireParts> strays_;  ///< of the series before; only the next one brings them
  std::chrono::steady_clock::time_point due_;
  std::thread triggers_;  ///< plays external triggers

  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> messages_{0};
  std::atomic<std::uint64_t> sent_frames_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace annulus
