// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/replay/faults.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <utility>

namespace annulus {
namespace {

using Next = Expected<std::optional<Document>, DecodeError>;

bool holds(const std::vector<std::uint64_t>& numbers, std::optional<std::uint64_t> number) {
  return number && std::ranges::find(numbers, *number) != numbers.end();
}

std::optional<std::uint64_t> from(std::int64_t first, std::int64_t number) {
  return number < first ? std::nullopt : std::optional(static_cast<std::uint64_t>(number - first));
}

class FaultyLine final : public Recording {
 public:
  FaultyLine(std::unique_ptr<Recording> recording, Faults faults)
      : recording_(std::move(recording)), faults_(std::move(faults)) {}

  Next next() override {
    while (ready_.empty()) {
      Next document = recording_->next();
      if (!document) return document;
      if (!*document) {
        if (late_.empty()) return document;
        release();
      } else {
        take(std::move(**document));
      }
    }
    Document document = std::move(ready_.front());
    ready_.pop_front();
    return document;
  }

 private:
  void take(Document document) {
    const auto frame = frame_of(document);
    if (!frame || (!late_.empty() && *frame > late_frame_ + 1)) release();
    if (holds(faults_.lost, frame)) return;
    const bool is_late = holds(faults_.reordered, frame);
    if (is_late) late_frame_ = *frame;
    std::deque<Document>& to = is_late ? late_ : ready_;
    if (holds(faults_.duplicated, frame)) to.push_back(document);
    to.push_back(std::move(document));
  }

  void release() {
    std::ranges::move(late_, std::back_inserter(ready_));
    late_.clear();
  }

  std::unique_ptr<Recording> recording_;
  Faults faults_;
  std::deque<Document> ready_;
  std::deque<Document> late_;
  std::uint64_t late_frame_ = 0;  ///< the last of which documents are late
};

class BrokenOff final : public Recording {
 public:
  explicit BrokenOff(std::unique_ptr<Recording> recording) : recording_(std::move(recording)) {}

  Next next() override {
    Next document = recording_->next();
    if (document && *document && (*document)->name == "stop") return std::nullopt;
    return document;
  }

 private:
  std::unique_ptr<Recording> recording_;
};

class Overlapping final : public Recording {
 public:
  Overlapping(std::unique_ptr<Recording> first, std::unique_ptr<Recording> second, std::uint64_t frames)
      : runs_{std::move(first), std::move(second)}, alone_(frames / 2) {}

  Next next() override {
    Next document = runs_.at(turn_)->next();
    if (document && !*document && !ended_) {
      ended_ = true;
      turn_ = 1 - turn_;
      return next();
    }
    if (document && *document && (*document)->name == "event") ++events_;
    // Not within the documents of one frame: the event is the last of them.
    const bool may_turn = document && *document && ((*document)->name == "event" || (*document)->name == "start");
    if (may_turn && !ended_ && events_ >= alone_) turn_ = 1 - turn_;
    return document;
  }

 private:
  std::array<std::unique_ptr<Recording>, 2> runs_;
  std::uint64_t alone_;  ///< events that the first sends before the second begins
  std::uint64_t events_ = 0;
  std::size_t turn_ = 0;
  bool ended_ = false;  ///< one of the two
};

}  // namespace

std::optional<std::uint64_t> frame_of(const Document& document) {
  if (document.name == "event") return from(1, integer_at(document.content, "seq_num", 0));
  if (document.name == "stream_datum") {
    const Dict* indices = dict_at(document.content, "indices");
    return indices == nullptr ? std::nullopt : from(0, integer_at(*indices, "start", -1));
  }
  if (document.name == "datum") {
    const Dict* kwargs = dict_at(document.content, "datum_kwargs");
    return kwargs == nullptr ? std::nullopt : from(0, integer_at(*kwargs, "point_number", -1));
  }
  return std::nullopt;
}

std::unique_ptr<Recording> with_faults(std::unique_ptr<Recording> recording, Faults faults) {
  return std::make_unique<FaultyLine>(std::move(recording), std::move(faults));
}

std::unique_ptr<Recording> without_stop(std::unique_ptr<Recording> recording) {
  return std::make_unique<BrokenOff>(std::move(recording));
}

std::unique_ptr<Recording> overlapping(std::unique_ptr<Recording> first, std::unique_ptr<Recording> second,
                                       std::uint64_t frames) {
  return std::make_unique<Overlapping>(std::move(first), std::move(second), frames);
}

}  // namespace annulus
