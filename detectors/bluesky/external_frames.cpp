// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/bluesky/external_frames.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "detectors/bluesky/utf8.hpp"

namespace annulus::bluesky {
namespace {

constexpr std::size_t max_waiting = 64 * 1024;  // events without their images, or images without their events
constexpr std::uint64_t max_gap = 1'000'000;    // frames: a longer gap is a wrong number, not a loss
constexpr std::uint64_t max_per_event = max_gap;

/// {"start": a, "stop": b} with 0 <= a < b, and no more than a run can have.
std::optional<std::pair<std::uint64_t, std::uint64_t>> range_at(const Dict& document, std::string_view key) {
  const Dict* range = dict_at(document, key);
  if (range == nullptr) return std::nullopt;
  const std::int64_t start = integer_at(*range, "start", -1);
  const std::int64_t stop = integer_at(*range, "stop", -1);
  constexpr std::int64_t most = std::int64_t{1} << 40;
  if (start < 0 || stop <= start || stop > most) return std::nullopt;
  return std::pair(static_cast<std::uint64_t>(start), static_cast<std::uint64_t>(stop));
}

}  // namespace

/// The handling of one document.
class ExternalFrames::Step {
 public:
  Step(ExternalFrames& frames, const References& references, std::string document)
      : f_(frames), references_(references), document_(std::move(document)) {}

  void problem(std::string message) { events.emplace_back(Problem{f_.uid_, document_, std::move(message)}); }

  void add_event(const Dict& event) {
    const std::int64_t number = integer_at(event, "seq_num", 0);
    if (number < 1) return problem("'seq_num' is missing or not a whole number from 1 on");
    const auto seq = static_cast<std::uint64_t>(number);
    if (seq < f_.next_seq_ || f_.readings_.contains(seq)) {
      if (f_.key_.place == ImageKey::Place::stream) return;  // its images have gone on without it
      return problem(fmt::format("event {} comes again or too late ({} was due); it is ignored", seq, f_.next_seq_));
    }
    Reading reading;
    reading.time = number_at(event, "time", 0);
    if (const Dict* times = dict_at(event, "timestamps")) {
      reading.time = number_at(*times, f_.key_.name, reading.time);
    }
    if (const Dict* data = dict_at(event, "data")) {
      reading.datum = text_at(*data, f_.key_.name);
      reading.readings = readings_beside(*data, f_.key_.name);
    }
    f_.readings_.emplace(seq, std::move(reading));
  }

  void add_range(const Dict& document) {
    const auto* resource = references_.find_resource(text_at(document, "stream_resource"));
    if (resource != nullptr && !resource->said.data_key.empty() && resource->said.data_key != f_.key_.name) return;
    const auto indices = range_at(document, "indices");
    auto seqs = range_at(document, "seq_nums");
    if (!indices) return problem("'indices' is missing or no range of numbers");
    if (!seqs) seqs = std::pair(indices->first + 1, indices->second + 1);
    if (seqs->second - seqs->first != indices->second - indices->first || seqs->first < 1) {
      return problem("'seq_nums' and 'indices' are not ranges of one length");
    }
    const std::uint64_t due = f_.ranges_.empty() ? f_.next_seq_ : f_.ranges_.back().end;
    if (seqs->first < due) {
      return problem(
          fmt::format("images of event {} come again or too late ({} was due); they are ignored", seqs->first, due));
    }
    ImagePlace place;
    if (resource == nullptr) {
      place.problem = fmt::format("stream_resource '{}' is not known", printable(text_at(document, "stream_resource")));
    } else {
      place = {resource->files, 0, resource->said.multiplier, resource->problem};
      complete(place);
      place.first = indices->first * place.count.value_or(1);
    }
    if (seqs->second - seqs->first > max_gap / place.count.value_or(1)) {
      return problem(fmt::format("{} events at once are not believed; they are ignored", seqs->second - seqs->first));
    }
    f_.ranges_.push_back({seqs->first, seqs->second, std::move(place)});
  }

  /// Lets go on whatever can. At the end nothing is waited for.
  void advance(bool at_end) {
    if (f_.key_.place == ImageKey::Place::stream) {
      while (!f_.ranges_.empty() && advance_range(at_end)) {
      }
    } else {
      while (!f_.readings_.empty() && advance_event(at_end)) {
      }
    }
  }

  void finish(std::uint64_t count) {
    advance(true);
    if (count >= f_.next_seq_) (void)lose(count + 1, "never came before the run's stop");
  }

  std::vector<RunEvent> events;

 private:
  static std::shared_ptr<const Dict> readings_beside(const Dict& data, std::string_view image) {
    auto readings = std::make_shared<Dict>();
    for (const auto& [key, value] : data) {
      if (key != image) readings->append(key, value);
    }
    return readings->empty() ? nullptr : readings;
  }

  [[nodiscard]] std::uint64_t images_per_event() const {
    return f_.images_per_event_.value_or(std::min(f_.key_.images_per_event.value_or(1), max_per_event));
  }

  /// Takes the number of images from the descriptor where the documents of the place do not say it.
  void complete(ImagePlace& place) const {
    if (!place.count) place.count = f_.key_.images_per_event.value_or(1);
    if (*place.count <= max_per_event) return;
    place = {nullptr, 0, 1, fmt::format("{} images an event are not believed", *place.count)};
  }

  /// The first images settle how many an event has: frame numbers follow from it.
  void settle(const ImagePlace& place) {
    if (!f_.images_per_event_ && place.files != nullptr) f_.images_per_event_ = place.count;
  }

  /// Reports the events before `seq` that have not come as lost; false when there are implausibly many.
  bool lose(std::uint64_t seq, std::string reason) {
    if (seq <= f_.next_seq_) return true;
    if (seq - f_.next_seq_ > max_gap / images_per_event()) {
      problem(fmt::format("sequence numbers jump from {} to {} (too far for a loss); ignored", f_.next_seq_ - 1, seq));
      return false;
    }
    miss(f_.next_seq_, seq, FrameState::lost, std::move(reason));
    return true;
  }

  /// Reports events [first, end); the next is `end`.
  void miss(std::uint64_t first, std::uint64_t end, FrameState state, std::string reason) {
    const std::uint64_t images = images_per_event();
    f_.images_per_event_ = images;
    events.emplace_back(FramesMissing{f_.uid_, (first - 1) * images, (end - 1) * images - 1, state, std::move(reason)});
    f_.next_seq_ = end;
    f_.readings_.erase(f_.readings_.begin(), f_.readings_.lower_bound(end));
  }

  /// Announces the images of events [first, end), which begin at `place`.
  void announce(std::uint64_t first, std::uint64_t end, const ImagePlace& place, Reading reading) {
    if (place.files == nullptr) return miss(first, end, FrameState::rejected, place.problem);
    const std::uint64_t images = images_per_event();
    if (place.count != images) {
      return miss(first, end, FrameState::rejected,
                  fmt::format("{} images an event ({} before)", place.count.value_or(1), images));
    }
    events.emplace_back(FramesInFile{f_.uid_, (first - 1) * images, (end - first) * images, place.files, place.first,
                                     reading.time, std::move(reading.readings)});
    f_.next_seq_ = end;
    f_.readings_.erase(f_.readings_.begin(), f_.readings_.lower_bound(end));
  }

  bool advance_range(bool at_end) {
    Range& range = f_.ranges_.front();
    settle(range.place);
    if (!lose(range.first, "gap in the sequence numbers")) return f_.ranges_.pop_front(), true;
    const bool waits = f_.expects_events_ && !at_end && f_.ranges_.size() <= max_waiting;
    if (!f_.expects_events_ || (at_end && f_.readings_.empty()) || f_.ranges_.size() > max_waiting) {
      announce(range.first, range.end, range.place, {});
      f_.ranges_.pop_front();
      return true;
    }
    const auto found = f_.readings_.find(range.first);
    // A later event says that this one will not come.
    if (found == f_.readings_.end() && f_.readings_.empty() && waits) return false;
    announce(range.first, range.first + 1, range.place, found == f_.readings_.end() ? Reading() : found->second);
    range.place.first += images_per_event();
    if (++range.first == range.end) f_.ranges_.pop_front();
    return true;
  }

  bool advance_event(bool at_end) {
    const auto& [seq, reading] = *f_.readings_.begin();
    std::optional<ImagePlace> place = references_.find_datum(reading.datum);
    if (reading.datum.empty()) place = ImagePlace{nullptr, 0, {}, "event does not say where the image is"};
    const bool give_up = at_end || f_.readings_.size() > max_waiting;
    if (!place && !give_up) return false;
    if (place) {
      complete(*place);
      settle(*place);
    }
    if (!lose(seq, "gap in the sequence numbers")) return f_.readings_.erase(f_.readings_.begin()), true;
    if (place) {
      announce(seq, seq + 1, *place, reading);
    } else {
      miss(seq, seq + 1, FrameState::lost, fmt::format("datum '{}' never came", printable(reading.datum)));
    }
    return true;
  }

  ExternalFrames& f_;
  const References& references_;
  std::string document_;
};

void ExternalFrames::describe(ImageKey key, bool expects_events) {
  key_ = std::move(key);
  expects_events_ = expects_events;
}

std::vector<RunEvent> ExternalFrames::take_event(const Dict& event, const References& references) {
  Step step(*this, references, "event");
  if (key_.place != ImageKey::Place::stream || expects_events_) step.add_event(event);
  if (readings_.size() > max_waiting && key_.place == ImageKey::Place::stream) readings_.erase(readings_.begin());
  step.advance(false);
  return std::move(step.events);
}

std::vector<RunEvent> ExternalFrames::take_stream_datum(const Dict& document, const References& references) {
  Step step(*this, references, "stream_datum");
  if (key_.place == ImageKey::Place::stream) step.add_range(document);
  step.advance(false);
  return std::move(step.events);
}

std::vector<RunEvent> ExternalFrames::look_again(const References& references) {
  Step step(*this, references, "datum");
  step.advance(false);
  return std::move(step.events);
}

std::vector<RunEvent> ExternalFrames::finish(std::uint64_t events, const References& references) {
  Step step(*this, references, "stop");
  step.finish(events);
  return std::move(step.events);
}

}  // namespace annulus::bluesky
