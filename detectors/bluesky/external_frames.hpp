// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "operators/data/run_events.hpp"

#include "detectors/bluesky/image_key.hpp"
#include "detectors/bluesky/references.hpp"

namespace annulus::bluesky {

/// The frames of one run whose images are in files: puts together what events say (time, readings) with where the
/// images are, in the order of the sequence numbers. Two kinds: "STREAM:" images are announced by stream_datum, and
/// events come beside them only if the stream has other readings; the events of all others name a datum, which may come
/// after its event. What is announced twice is reported and ignored.
class ExternalFrames {
 public:
  /// `expects_events`: the stream has readings besides images in files.
  ExternalFrames(std::string uid, ImageKey key, bool expects_events)
      : uid_(std::move(uid)), key_(std::move(key)), expects_events_(expects_events) {}

  [[nodiscard]] const ImageKey& key() const noexcept { return key_; }
  /// The stream is described again; frame numbers go on.
  void describe(ImageKey key, bool expects_events);

  // Each returns what can go on now.
  std::vector<RunEvent> take_event(const Dict& event, const References& references);
  std::vector<RunEvent> take_stream_datum(const Dict& document, const References& references);
  /// Looks again for the datums that were missing.
  std::vector<RunEvent> look_again(const References& references);
  /// The run is over: what has not come will not. `events`: how many there should have been; 0 when nobody says.
  std::vector<RunEvent> finish(std::uint64_t events, const References& references);

 private:
  struct Reading {
    double time = 0;
    std::shared_ptr<const Dict> readings;
    std::string datum;  ///< empty for streams
  };
  struct Range {  ///< events [first, end) of a stream
    std::uint64_t first;
    std::uint64_t end;
    ImagePlace place;
  };
  class Step;

  std::string uid_;
  ImageKey key_;
  bool expects_events_;
  std::uint64_t next_seq_ = 1;
  std::optional<std::uint64_t> images_per_event_;  ///< settled by the first images
  std::map<std::uint64_t, Reading> readings_;      ///< events that wait, by sequence number
  std::deque<Range> ranges_;
};

}  // namespace annulus::bluesky
