// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/simplon/series_tracker.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "operators/data/uid.hpp"

#include "detectors/bluesky/utf8.hpp"
#include "detectors/simplon/run_start.hpp"

namespace annulus::simplon {
namespace {

constexpr std::size_t max_open_runs = 4;
constexpr std::size_t max_finished = 64;
constexpr std::size_t max_uid_length = 256;
constexpr std::uint64_t max_gap = 1'000'000;  // frames: a longer gap is a wrong number, not a loss

/// Which series a message belongs to. V1 has the number alone, which begins again when the detector is restarted.
struct Id {
  std::uint64_t series = 0;
  std::string unique_id;
  template <class M>
  static Id of(const M& message) {
    return {message.series, message.unique_id};
  }
  friend bool operator==(const Id&, const Id&) = default;
};

/// What is kept of an image that waits.
struct Taken {
  SeriesImage image;
  Pixels pixels;
};

struct Run {
  Id id;
  std::string uid;
  std::optional<std::uint64_t> expected;  ///< frames
  double armed = 0;                       ///< [s since 1970-01-01 UTC]
  std::optional<double> first_start;      ///< the first frame's start_time, when nobody says what it counts from [s]
  std::uint64_t next = 0;                 ///< the frame that is due
  std::map<std::uint64_t, Taken> waiting;
  double waiting_since = 0;
  bool ended = false;
  std::optional<double> closing;  ///< since when it waits for its last frames
  std::uint64_t repeated = 0;
  RunCounts counts;

  [[nodiscard]] bool complete() const { return expected && next >= *expected && waiting.empty(); }
};

/// Images of a series whose header has not come, perhaps because it comes through another socket.
struct Early {
  Id id;
  double since = 0;
  std::vector<Taken> images;
  bool ended = false;
  std::uint64_t dropped = 0;
};

bool is_power_of_ten(std::uint64_t n) {
  while (n >= 10 && n % 10 == 0) n /= 10;
  return n == 1;
}

}  // namespace

class SeriesTracker::State final {
 public:
  explicit State(SeriesTrackerOptions options) : options_(options) {}

  void start(SeriesStart start, double now) {
    const Id id = Id::of(start);
    if (Run* same = find_run(id)) {
      // With a unique id it is the same series for certain; a number alone may come again after a restart.
      if (!id.unique_id.empty() || (same->next == 0 && same->waiting.empty() && !same->ended)) {
        return problem(same->uid, "header", fmt::format("header of series {} came again; it is ignored", id.series));
      }
      close(*same);
    }
    for (const auto& run : runs_) {
      if (!run->closing) run->closing = now;
    }
    advance(now);
    if (runs_.size() >= max_open_runs) close(*runs_.front());
    Run& run = open(std::move(start), now);
    if (early_ && early_->id == id) {
      const auto early = std::exchange(early_, nullptr);
      stale += early->dropped;
      for (Taken& taken : early->images) take(run, std::move(taken), now);
      if (early->ended) end_run(run, now);
    }
  }

  void image(SeriesImage image, Pixels pixels, double now) {
    const Id id = Id::of(image);
    for (EncodedArray& channel : image.channels) {  // only the unpacked pixels may stay
      channel.bytes = {};
      channel.owner = nullptr;
    }
    Taken taken{std::move(image), std::move(pixels)};
    if (Run* run = find_run(id)) return take(*run, std::move(taken), now);
    if (std::ranges::find(finished_, id) != finished_.end()) return void(++stale);
    Early& early = early_of(id, now);
    if (early.images.size() < room_for_early()) {
      early.images.push_back(std::move(taken));
    } else {
      ++early.dropped;
    }
  }

  void end(const SeriesEnd& end, double now) {
    const Id id = Id::of(end);
    if (Run* run = find_run(id)) return end_run(*run, now);
    if (std::ranges::find(finished_, id) != finished_.end()) return void(++stale);
    early_of(id, now).ended = true;
  }

  [[nodiscard]] std::optional<std::uint64_t> awaited_before(const SeriesImage& image) const {
    const Id id = Id::of(image);
    if (early_ && early_->id == id && early_->images.size() >= room_for_early()) return 0;
    const Run* run = find_run(id);
    const bool full = run != nullptr && image.frame > run->next && run->waiting.size() >= options_.reorder_window;
    return full ? std::optional(run->next) : std::nullopt;
  }

  /// Gives up what has been waited for too long.
  void advance(double now) {
    for (std::size_t i = 0; i < runs_.size();) {
      Run& run = *runs_[i];
      if (!run.waiting.empty() && is_over(run.waiting_since, now)) give_up_gap(run, now);
      const bool over = (run.ended && run.complete()) || (run.closing && is_over(*run.closing, now));
      over ? close(run) : void(++i);
    }
    if (early_ && is_over(early_->since, now)) drop_early();
  }

  void abandon(std::string_view reason) {
    while (!runs_.empty()) stop(*runs_.front(), "abort", std::string(reason));
  }

  [[nodiscard]] std::vector<std::string> open_runs() const {
    std::vector<std::string> uids;
    for (const auto& run : runs_) uids.push_back(run->uid);
    return uids;
  }

  [[nodiscard]] std::vector<RunEvent> take_events() { return std::exchange(events_, {}); }

  std::uint64_t stale = 0;
  std::uint64_t repeated = 0;

 private:
  void problem(std::string uid, std::string document, std::string message) {
    events_.emplace_back(Problem{std::move(uid), std::move(document), std::move(message)});
  }

  [[nodiscard]] std::size_t room_for_early() const { return std::max<std::size_t>(options_.reorder_window, 1); }

  [[nodiscard]] Run* find_run(const Id& id) const noexcept {
    const auto found = std::ranges::find_if(runs_, [&](const auto& run) { return run->id == id; });
    return found == runs_.end() ? nullptr : found->get();
  }

  /// Whether the patience since then is over. A clock that was set back begins the waiting anew.
  [[nodiscard]] bool is_over(double& since, double now) const {
    since = std::min(since, now);
    return now - since >= options_.patience;
  }

  Run& open(SeriesStart start, double now) {
    auto run = std::make_unique<Run>();
    run->id = Id::of(start);
    // A recording that is played twice has one unique id twice; runs must differ.
    const std::string& id = run->id.unique_id;
    const bool usable = !id.empty() && id.size() <= max_uid_length && std::erase(finished_, run->id) == 0;
    run->uid = usable ? id : make_uid();
    run->expected = start.images;
    run->armed = start.time.value_or(now);
    std::vector<std::string> problems = std::move(start.problems);
    events_.emplace_back(
        RunStarted{run->uid, std::make_shared<const Dict>(run_start(std::move(start), run->uid, run->armed))});
    for (std::string& text : problems) problem(run->uid, "header", std::move(text));
    runs_.push_back(std::move(run));
    return *runs_.back();
  }

  Early& early_of(const Id& id, double now) {
    if (early_ && early_->id != id) drop_early();
    if (!early_) early_ = std::make_unique<Early>(Early{id, now, {}, false, 0});
    return *early_;
  }

  void drop_early() {
    const auto early = std::exchange(early_, nullptr);
    stale += early->images.size() + early->dropped + (early->ended ? 1 : 0);
    finish(early->id);
    problem({}, "image",
            fmt::format("messages of series {} are ignored: its header has not come (it was sent before this program "
                        "listened, or to another program) start this program before the detector is armed",
                        early->id.series));
  }

  void finish(const Id& id) {
    std::erase(finished_, id);
    finished_.push_back(id);
    while (finished_.size() > max_finished) finished_.pop_front();
  }

  void take(Run& run, Taken taken, double now) {
    const std::uint64_t frame = taken.image.frame;
    if (frame < run.next || run.waiting.contains(frame)) return repeat(run, frame);
    if (frame - run.next > max_gap) {
      return problem(run.uid, "image",
                     fmt::format("frame numbers jump from {} to {} (too far for a loss); ignored", run.next, frame));
    }
    if (run.waiting.empty()) run.waiting_since = now;
    run.waiting.emplace(frame, std::move(taken));
    flush(run, now);
    if (run.waiting.size() > options_.reorder_window) give_up_gap(run, now);
  }

  void repeat(Run& run, std::uint64_t frame) {
    ++repeated;
    if (!is_power_of_ten(++run.repeated)) return;
    problem(run.uid, "image",
            fmt::format("frame {} came again, or after it had been given up; it is ignored ({} so far)", frame,
                        run.repeated));
  }

  /// Lets the frames go that wait for nothing.
  void flush(Run& run, double now) {
    while (!run.waiting.empty() && run.waiting.begin()->first == run.next) {
      emit(run, std::move(run.waiting.begin()->second));
      run.waiting.erase(run.waiting.begin());
      ++run.next;
      run.waiting_since = now;
    }
  }

  void give_up_gap(Run& run, double now) {
    lose(run, run.waiting.begin()->first, "gap in the frame numbers");
    flush(run, now);
  }

  /// The frames that are due before `end` are lost.
  void lose(Run& run, std::uint64_t end, std::string reason) {
    if (end <= run.next) return;
    run.counts.lost += end - run.next;
    events_.emplace_back(FramesMissing{run.uid, run.next, end - 1, FrameState::lost, std::move(reason)});
    run.next = end;
  }

  void emit(Run& run, Taken taken) {
    const SeriesImage& image = taken.image;
    if (!taken.pixels) {
      ++run.counts.rejected;
      events_.emplace_back(
          FramesMissing{run.uid, image.frame, image.frame, FrameState::rejected, to_string(taken.pixels.error())});
      return;
    }
    ++run.counts.arrived;
    Frame frame;
    frame.number = image.frame;
    frame.time = time_of(run, image);
    frame.readings = readings_of(image);
    for (std::size_t k = 0; k < taken.pixels->size(); ++k) {
      const Array& pixels = (*taken.pixels)[k];
      const std::size_t output = output_of(k < image.channels.size() ? image.channels[k].channel : "", k);
      const std::size_t planes = pixels.shape().size() == 3 ? pixels.shape().front() : 1;
      for (std::size_t plane = 0; plane < planes; ++plane) {
        frame.pixels = pixels.shape().size() == 3 ? pixels.slice(plane) : pixels;
        events_.emplace_back(FrameArrived{run.uid, frame, output + plane});
      }
    }
  }

  /// When a frame was taken. V1 does not say what its times count from: there the first frame counts as taken when the
  /// detector was armed.
  static double time_of(Run& run, const SeriesImage& image) {
    const double start = image.start_time.value_or(0);
    if (image.series_time) return *image.series_time + start;
    if (!image.start_time) return run.armed;
    if (!run.first_start) run.first_start = start;
    return run.armed + start - *run.first_start;
  }

  void end_run(Run& run, double now) {
    if (std::exchange(run.ended, true)) return void(++stale);
    run.closing = now;
  }

  void close(Run& run) {
    while (!run.waiting.empty()) give_up_gap(run, 0);
    if (!run.ended && !run.complete())
      return stop(run, "abort", "another series began before the end of this one came");
    if (!run.expected || run.next >= *run.expected) return stop(run, "success", {});
    const std::uint64_t came = run.next;
    std::string reason = fmt::format(
        "the series ended after {} of {} frames (it was cancelled or aborted, or its last frames were lost)", came,
        *run.expected);
    if (*run.expected - came <= max_gap) lose(run, *run.expected, reason);
    stop(run, "abort", std::move(reason));
  }

  void stop(Run& run, std::string exit_status, std::string reason) {
    while (!run.waiting.empty()) give_up_gap(run, 0);
    events_.emplace_back(RunStopped{run.uid, nullptr, std::move(exit_status), std::move(reason), run.counts});
    finish(run.id);
    std::erase_if(runs_, [&](const auto& open) { return open.get() == &run; });
  }

  SeriesTrackerOptions options_;
  std::vector<RunEvent> events_;
  std::deque<std::unique_ptr<Run>> runs_;
  std::unique_ptr<Early> early_;
  std::deque<Id> finished_;  // newest last
};

namespace {

template <class F>
Pixels pixels_by(const SeriesImage& image, const F& decode) {
  std::vector<Array> pixels;
  for (const EncodedArray& channel : image.channels) {
    auto decoded = decode(channel);
    if (!decoded) return Unexpected<DecodeError>(std::move(decoded.error()));
    pixels.push_back(std::move(*decoded));
  }
  return pixels;
}

}  // namespace

Pixels decode_pixels(const SeriesImage& image) {
  BufferPool fresh(0);
  return decode_pixels(image, fresh);
}

Pixels decode_pixels(const SeriesImage& image, BufferPool& pool) {
  return pixels_by(image, [&](const EncodedArray& channel) { return decode_array(channel, pool); });
}

Pixels wrap_pixels(const SeriesImage& image, BufferPool& pool) {
  return pixels_by(image, [&](const EncodedArray& channel) { return wrap_array(channel, pool); });
}

std::size_t output_of(std::string_view channel, std::size_t place) {
  constexpr std::string_view threshold = "threshold_";
  if (channel == "difference") return difference_output;
  if (channel.starts_with(threshold)) channel.remove_prefix(threshold.size());  // some servers leave it out
  const bool known = channel.size() == 1 && channel[0] >= '1' && channel[0] <= '4';
  return known ? static_cast<std::size_t>(channel[0] - '1') : place;
}

SeriesTracker::SeriesTracker(SeriesTrackerOptions options) : state_(std::make_unique<State>(options)) {}
SeriesTracker::SeriesTracker(SeriesTracker&&) noexcept = default;
SeriesTracker& SeriesTracker::operator=(SeriesTracker&&) noexcept = default;
SeriesTracker::~SeriesTracker() = default;

std::vector<RunEvent> SeriesTracker::feed(SeriesStart start, double now) {
  state_->start(std::move(start), now);
  return tick(now);
}

std::vector<RunEvent> SeriesTracker::feed(SeriesImage image, Pixels pixels, double now) {
  state_->image(std::move(image), std::move(pixels), now);
  return tick(now);
}

std::vector<RunEvent> SeriesTracker::feed(const SeriesEnd& end, double now) {
  state_->end(end, now);
  return tick(now);
}

std::optional<std::uint64_t> SeriesTracker::awaited_before(const SeriesImage& image) const {
  return state_->awaited_before(image);
}

std::vector<RunEvent> SeriesTracker::tick(double now) {
  state_->advance(now);
  return state_->take_events();
}

std::vector<RunEvent> SeriesTracker::abandon(std::string_view reason) {
  state_->abandon(reason);
  return state_->take_events();
}

std::vector<std::string> SeriesTracker::open_runs() const { return state_->open_runs(); }
std::uint64_t SeriesTracker::stale() const noexcept { return state_->stale; }
std::uint64_t SeriesTracker::repeated() const noexcept { return state_->repeated; }

}  // namespace annulus::simplon
