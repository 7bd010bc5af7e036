// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "service/http/viewer_message.hpp"

namespace annulus {

/// How often and how large. Each interval is per client and per kind.
struct HubOptions {
  std::chrono::milliseconds pattern_interval{100};
  std::chrono::milliseconds cake_interval{500};
  std::chrono::milliseconds preview_interval{500};
  std::size_t preview_side = 512;  ///< longest side of a preview [pixels]
  std::size_t most_outputs = 16;   ///< of patterns and of cakes that are shown; further names are ignored
};

class ViewerFeed;

/// Where the graph leaves what viewers should see. Keeps only the newest of each kind, so publishing costs a copy of
/// one pattern, of one cake's intensity or of one pointer, and never waits for a client. Messages are encoded and
/// previews drawn by the threads of those who look, once for all of them, and not at all when nobody looks.
/// Thread-safe.
class ViewerHub final {
 public:
  explicit ViewerHub(HubOptions options = {});
  ~ViewerHub();
  ViewerHub(const ViewerHub&) = delete;
  ViewerHub& operator=(const ViewerHub&) = delete;

  /// The newest pattern of the output `name`.
  void publish(const Pattern& pattern, const std::string& name);
  /// The newest cake of the output `name`.
  void publish(const Cake& cake, const std::string& name);
  /// The newest frame; its pixels are kept until the next one.
  void publish_preview(const Frame& frame);
  /// What is published from now on belongs to the run `uid`.
  void run_started(const std::string& uid, Dict start);
  /// The run is over; `outcome` is the stop document's exit status.
  void run_stopped(const std::string& outcome);

  /// A new client: it gets what is there at once, then whatever is newer, and never an old state.
  [[nodiscard]] std::unique_ptr<ViewerFeed> subscribe();

  /// The newest pattern of the output `name`, or of any output when `name` is empty.
  [[nodiscard]] std::optional<PatternView> latest_pattern(const std::string& name = {}) const;
  /// The newest frame's preview, drawn when asked; null before the first frame. Throws DataError when the frame is
  /// not an image.
  [[nodiscard]] std::shared_ptr<const PreviewView> latest_preview();

 private:
  friend class ViewerFeed;
  using Clock = std::chrono::steady_clock;
  using Message = std::shared_ptr<const ViewerMessage>;

  /// The newest value of one kind.
  struct Slot {
    std::chrono::milliseconds interval{};
    std::uint64_t revision = 0;  ///< 0: nothing yet
    /// Copies the value under the hub's lock; the returned function encodes the copy without it.
    std::function<std::function<ViewerMessage()>()> snapshot;
    std::mutex encoding;  ///< held while a message is made, so that it is made once
    Message message;
    std::uint64_t message_revision = 0;
  };

  template <class View>
  struct Output {
    View view;
    Slot slot;
  };
  template <class View>
  using Outputs = std::map<std::string, Output<View>>;

  template <class View>
  Output<View>* output_of(Outputs<View>& outputs, const std::string& name, std::chrono::milliseconds interval) const;
  template <class Result, class View>
  void set_head(const Result& result, View& view) const;
  void touch(Slot& slot);
  std::pair<Message, std::uint64_t> encoded(Slot& slot);
  std::shared_ptr<const PreviewView> drawn(const Frame& frame, const std::string& run, std::uint64_t revision);

  HubOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t idle_feeds_ = 0;  ///< feeds that wait for anything new: only they need to be woken
  RunView run_;
  Outputs<PatternView> patterns_;
  Outputs<CakeView> cakes_;
  std::string newest_pattern_;
  Frame frame_;
  std::string frame_run_;
  Slot run_slot_;
  Slot preview_slot_;

  std::mutex drawing_;
  std::shared_ptr<const PreviewView> drawn_;
  std::uint64_t drawn_revision_ = 0;
};

/// What one client has not yet had. One thread takes, any thread may close. Must not outlive its hub.
class ViewerFeed final {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  explicit ViewerFeed(ViewerHub& hub) : hub_(hub) {}

  /// The newest message of the kind that has waited longest; waits for one until `deadline`. Null when there was
  /// none in time or the feed is closed. A frame that cannot be drawn is passed over.
  [[nodiscard]] std::shared_ptr<const ViewerMessage> next(TimePoint deadline);

  /// Wakes the thread in next(); from now on there is nothing more.
  void close();

 private:
  struct Taken {
    std::uint64_t revision = 0;
    TimePoint due;  ///< not before
  };

  ViewerHub::Slot* choose(TimePoint now, TimePoint& wake);

  ViewerHub& hub_;
  bool closed_ = false;
  std::condition_variable due_;
  std::map<const ViewerHub::Slot*, Taken> taken_;
};

}  // namespace annulus
