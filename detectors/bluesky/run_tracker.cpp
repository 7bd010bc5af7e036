// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/bluesky/run_tracker.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "operators/data/text.hpp"

#include "detectors/bluesky/event_page.hpp"
#include "detectors/bluesky/utf8.hpp"

namespace annulus::bluesky {
namespace {

constexpr std::size_t max_open_runs = 64;
constexpr std::size_t max_descriptors = 256;  // per run
constexpr std::size_t max_finished = 1024;
constexpr std::size_t max_said_orphans = 256;
constexpr std::size_t max_seen_keys = 256;
constexpr std::size_t max_uid_length = 256;
constexpr std::uint64_t max_gap = 1'000'000;  // frames: a longer gap is a wrong number, not a loss

}  // namespace

/// The handling of one document. Collects the events it leads to.
class RunTracker::Step final {
 public:
  Step(RunTracker& tracker, std::string_view name) : tracker_(tracker), name_(name) {}

  void take(Document document) {
    Dict& content = document.content;
    if (name_ == "start") {
      start(std::move(content));
    } else if (name_ == "descriptor") {
      descriptor(content);
    } else if (name_ == "event") {
      event(content);
    } else if (name_ == "event_page") {
      for (std::size_t row = 0; row < events_in(content); ++row) event(event_of(content, row));
    } else if (name_ == "bulk_events") {
      bulk_events(content);
    } else if (name_ == "stop") {
      stop(std::move(content));
    } else if (name_ == "stream_datum") {
      stream_datum(content);
    } else {
      reference(content);
    }
  }

  void end(Run& run, std::shared_ptr<const Dict> stop, std::string exit_status, std::string reason) {
    if (!run.images && !run.reported_no_image) problem(run.uid, no_image_reason(run));
    if (run.images && run.images->external) add(run, run.images->external->finish(0, tracker_.references_));
    events.emplace_back(RunStopped{run.uid, std::move(stop), std::move(exit_status), std::move(reason), run.counts});
    tracker_.forget(run);
  }

  std::vector<RunEvent> events;

 private:
  /// Adds what became of images in files.
  void add(Run& run, std::vector<RunEvent> more) {
    for (RunEvent& event : more) {
      if (const auto* gap = std::get_if<FramesMissing>(&event)) count(run, *gap);
      events.push_back(std::move(event));
    }
  }

  static void count(Run& run, const FramesMissing& gap) {
    (gap.state == FrameState::lost ? run.counts.lost : run.counts.rejected) += gap.last - gap.first + 1;
  }

  void problem(std::string_view uid, std::string message) {
    events.emplace_back(Problem{std::string(uid), std::string(name_), std::move(message)});
  }

  /// A document whose run or descriptor is not known. Said once per uid, always counted.
  void orphan(std::string_view what, std::string_view uid) {
    ++tracker_.orphans_;
    auto& said = tracker_.said_orphans_;
    if (std::ranges::find(said, uid) != said.end()) return;
    said.emplace_back(uid);
    if (said.size() > max_said_orphans) said.pop_front();
    const bool late = tracker_.is_finished(uid);
    problem({}, fmt::format("{} '{}' {}", what, printable(uid),
                            late ? "belongs to a run that has ended" : "is not known (its start was missed)"));
  }

  /// The text under `key` when it can serve as an identifier.
  std::optional<std::string> identifier(const Dict& content, std::string_view key, std::string_view uid) {
    std::string text = text_at(content, key);
    if (!text.empty() && text.size() <= max_uid_length) return text;
    problem(uid, fmt::format("'{}' is missing or no identifier", key));
    return std::nullopt;
  }

  void start(Dict content) {
    auto uid = identifier(content, "uid", {});
    if (!uid) return;
    if (tracker_.find_run(*uid) != nullptr || tracker_.is_finished(*uid)) {
      return problem(*uid, "run has been started before (two starts with one uid); the second is ignored");
    }
    if (tracker_.runs_.size() >= max_open_runs) {
      end(*tracker_.runs_.front(), nullptr, "abort", fmt::format("no stop came while {} runs began", max_open_runs));
    }
    auto run = std::make_unique<Run>();
    run->uid = *uid;
    run->start = std::make_shared<const Dict>(std::move(content));
    events.emplace_back(RunStarted{*uid, run->start});
    tracker_.runs_.push_back(std::move(run));
  }

  void descriptor(const Dict& content) {
    const auto run_uid = identifier(content, "run_start", {});
    if (!run_uid) return;
    Run* run = tracker_.find_run(*run_uid);
    if (run == nullptr) return orphan("run", *run_uid);
    auto uid = identifier(content, "uid", run->uid);
    if (!uid) return;
    const Dict* data_keys = dict_at(content, "data_keys");
    if (data_keys == nullptr) return problem(run->uid, "'data_keys' is missing");
    if (tracker_.descriptors_.contains(*uid)) return problem(run->uid, "descriptor has come before");
    if (run->descriptors.size() >= max_descriptors) {
      return problem(run->uid, fmt::format("run has more than {} descriptors; this one is ignored", max_descriptors));
    }
    run->descriptors.push_back(*uid);
    const bool has_images = describe_images(*run, text_at(content, "name"), *data_keys);
    tracker_.descriptors_.emplace(std::move(*uid), Descriptor{run, has_images});
  }

  /// Decides whether a stream is the run's stream of images.
  bool describe_images(Run& run, const std::string& stream, const Dict& data_keys) {
    for (const auto& [key, value] : data_keys) {
      if (run.seen_keys.size() < max_seen_keys) run.seen_keys.push_back(printable(key));
    }
    const std::string& wanted = tracker_.options_.stream;
    if (wanted.empty() ? stream == "baseline" : stream != wanted) return false;
    auto key = find_image_key(data_keys, tracker_.options_.image);
    if (!key) {
      run.reported_no_image = true;
      problem(run.uid, key.error());
      return false;
    }
    if (!*key) return false;
    const bool in_files = (*key)->place != ImageKey::Place::event;
    if (!run.images) {
      run.images = Images{stream, **key, 1};
      if (in_files) run.images->external.emplace(run.uid, **key, has_readings(data_keys));
      return true;
    }
    if (run.images->stream != stream) {
      problem(run.uid, fmt::format("stream '{}' has images too (frames of stream '{}' are taken); name the stream to "
                                   "take",
                                   printable(stream), printable(run.images->stream)));
      return false;
    }
    if (in_files != run.images->external.has_value()) {
      problem(run.uid, fmt::format("stream '{}' changes between images in events and in files; the change is ignored",
                                   printable(stream)));
      return false;
    }
    if (in_files) {
      run.images->external->describe(std::move(**key), has_readings(data_keys));
      return true;
    }
    // The stream is described again: frame numbers go on, so the number of images per event stays.
    (*key)->images_per_event = run.images->key.images_per_event;
    run.images->key = std::move(**key);
    return true;
  }

  /// The deprecated list of events under the uid of each descriptor (event-model, bulk_events.json).
  void bulk_events(const Dict& content) {
    for (const auto& [descriptor, value] : content) {
      const List* events_of_stream = value.get_if<List>();
      if (events_of_stream == nullptr) {
        problem({}, fmt::format("'{}' does not hold a list of events", printable(descriptor)));
        continue;
      }
      for (const Value& each : *events_of_stream) {
        if (const Dict* one = each.get_if<Dict>()) event(*one);
      }
    }
  }

  /// Whether events come beside images in files.
  static bool has_readings(const Dict& data_keys) {
    return std::ranges::any_of(data_keys, [](const auto& item) {
      const Dict* key = item.value.template get_if<Dict>();
      return key != nullptr && text_at(*key, "external").empty();
    });
  }

  void event(const Dict& content) {
    const auto uid = identifier(content, "descriptor", {});
    if (!uid) return;
    const auto found = tracker_.descriptors_.find(*uid);
    if (found == tracker_.descriptors_.end()) return orphan("descriptor", *uid);
    if (!found->second.has_images) return;
    Run& run = *found->second.run;
    if (run.images->external) return add(run, run.images->external->take_event(content, tracker_.references_));
    const std::int64_t seq_num = integer_at(content, "seq_num", 0);
    if (seq_num < 1) return problem(run.uid, "'seq_num' is missing or not a whole number from 1 on");
    frames(run, static_cast<std::uint64_t>(seq_num), content);
  }

  /// Takes the images of event `seq_num`, after reporting as lost what should have come before it.
  void frames(Run& run, std::uint64_t seq_num, const Dict& content) {
    Images& images = *run.images;
    if (seq_num < images.next_seq) {
      return problem(run.uid, fmt::format("event {} comes again or too late ({} was due); it is ignored", seq_num,
                                          images.next_seq));
    }
    const auto pixels = read_pixels(content, images.key);
    if (pixels) images.key.images_per_event = pixels->shape().front();
    if (!lose(run, seq_num - 1, "gap in the sequence numbers")) return;
    images.next_seq = seq_num + 1;
    if (!pixels) return miss(run, seq_num, seq_num, FrameState::rejected, pixels.error());
    arrive(run, seq_num, *pixels, content);
  }

  /// Reports the events up to `last_seq` that never came as lost; false when there are implausibly many.
  bool lose(Run& run, std::uint64_t last_seq, std::string_view reason) {
    Images& images = *run.images;
    if (last_seq < images.next_seq) return true;
    const std::uint64_t count = last_seq - images.next_seq + 1;
    if (count > max_gap / images_per_event(images)) {
      problem(run.uid, fmt::format("sequence numbers jump from {} to {} (too far for a loss); ignored",
                                   images.next_seq - 1, last_seq + 1));
      return false;
    }
    miss(run, images.next_seq, last_seq, FrameState::lost, std::string(reason));
    images.next_seq = last_seq + 1;
    return true;
  }

  static std::uint64_t images_per_event(const Images& images) { return images.key.images_per_event.value_or(1); }

  void miss(Run& run, std::uint64_t first_seq, std::uint64_t last_seq, FrameState state, std::string reason) {
    const std::uint64_t per_event = images_per_event(*run.images);
    const std::uint64_t first = (first_seq - 1) * per_event;
    const FramesMissing gap{run.uid, first, last_seq * per_event - 1, state, std::move(reason)};
    count(run, gap);
    events.emplace_back(gap);
  }

  static Expected<Array, std::string> read_pixels(const Dict& event, const ImageKey& key) {
    const Dict* data = dict_at(event, "data");
    const Value* value = data == nullptr ? nullptr : data->find(key.name);
    if (value != nullptr) return read_images(*value, key);
    return Unexpected<std::string>(fmt::format("event has no '{}'", printable(key.name)));
  }

  void arrive(Run& run, std::uint64_t seq_num, const Array& pixels, const Dict& event) {
    const std::string& key = run.images->key.name;
    const std::size_t count = pixels.shape().front();
    Frame frame;
    frame.time = number_at(event, "time", 0);
    if (const Dict* times = dict_at(event, "timestamps")) frame.time = number_at(*times, key, frame.time);
    frame.readings = readings_beside(*dict_at(event, "data"), key);
    for (std::size_t k = 0; k < count; ++k) {
      frame.number = (seq_num - 1) * count + k;
      frame.pixels = pixels.slice(k);
      events.emplace_back(FrameArrived{run.uid, frame});
    }
    run.counts.arrived += count;
  }

  static std::shared_ptr<const Dict> readings_beside(const Dict& data, std::string_view image) {
    if (data.size() < 2) return nullptr;
    auto readings = std::make_shared<Dict>();
    for (const auto& [key, value] : data) {
      if (key != image) readings->append(key, value);
    }
    return readings;
  }

  void stop(Dict content) {
    const auto run_uid = identifier(content, "run_start", {});
    if (!run_uid) return;
    Run* run = tracker_.find_run(*run_uid);
    if (run == nullptr) return orphan("run", *run_uid);
    if (run->images) {
      const Dict* num_events = dict_at(content, "num_events");
      const std::int64_t count = num_events ? integer_at(*num_events, run->images->stream, 0) : 0;
      const auto announced = static_cast<std::uint64_t>(std::max<std::int64_t>(count, 0));
      if (run->images->external) {
        add(*run, run->images->external->finish(announced, tracker_.references_));
      } else if (announced > 0) {
        (void)lose(*run, announced, "never came before the run's stop");
      }
    }
    std::string status = text_at(content, "exit_status", "fail");
    std::string reason = text_at(content, "reason");
    end(*run, std::make_shared<const Dict>(std::move(content)), std::move(status), std::move(reason));
  }

  std::string no_image_reason(const Run& run) const {
    const std::string& image = tracker_.options_.image;
    const std::string& stream = tracker_.options_.stream;
    const std::string where = stream.empty() ? "any stream" : fmt::format("stream '{}'", stream);
    if (image.empty()) return fmt::format("run has no array of 2 or 3 dimensions in {}", where);
    const std::vector<std::string_view> keys(run.seen_keys.begin(), run.seen_keys.end());
    return fmt::format("run has no data key '{}' in {}.{}", image, where, suggest(image, keys));
  }

  void stream_datum(const Dict& content) {
    const auto uid = identifier(content, "descriptor", {});
    if (!uid) return;
    const auto found = tracker_.descriptors_.find(*uid);
    if (found == tracker_.descriptors_.end()) return orphan("descriptor", *uid);
    if (!found->second.has_images) return;
    Run& run = *found->second.run;
    if (run.images->external) add(run, run.images->external->take_stream_datum(content, tracker_.references_));
  }

  /// Documents that say where files with images are.
  void reference(const Dict& content) {
    References& references = tracker_.references_;
    if (name_ == "stream_resource") return references.add_stream_resource(content);
    if (name_ == "resource") {
      references.add_resource(content);
    } else if (name_ == "datum") {
      references.add_datum(content);
    } else if (name_ == "datum_page") {
      references.add_datum_page(content);
    } else if (name_ == "bulk_datum") {
      references.add_bulk_datum(content);
    } else {
      return;
    }
    for (const auto& run : tracker_.runs_) {
      if (run->images && run->images->external) add(*run, run->images->external->look_again(references));
    }
  }

  RunTracker& tracker_;
  std::string_view name_;
};

std::vector<RunEvent> RunTracker::feed(Document document) {
  const std::string name = document.name;
  Step step(*this, name);
  step.take(std::move(document));
  return std::move(step.events);
}

std::vector<RunEvent> RunTracker::abandon(std::string_view reason) {
  Step step(*this, "stop");
  while (!runs_.empty()) step.end(*runs_.front(), nullptr, "abort", std::string(reason));
  return std::move(step.events);
}

std::vector<std::string> RunTracker::open_runs() const {
  std::vector<std::string> uids;
  for (const auto& run : runs_) uids.push_back(run->uid);
  return uids;
}

RunTracker::Run* RunTracker::find_run(std::string_view uid) noexcept {
  const auto found = std::ranges::find_if(runs_, [&](const auto& run) { return run->uid == uid; });
  return found == runs_.end() ? nullptr : found->get();
}

bool RunTracker::is_finished(std::string_view uid) const noexcept {
  return std::ranges::find(finished_, uid) != finished_.end();
}

void RunTracker::forget(Run& run) {
  for (const std::string& uid : run.descriptors) {
    descriptors_.erase(uid);
    finished_.push_back(uid);
  }
  finished_.push_back(run.uid);
  while (finished_.size() > max_finished) finished_.pop_front();
  std::erase_if(runs_, [&](const auto& open) { return open.get() == &run; });
}

}  // namespace annulus::bluesky
