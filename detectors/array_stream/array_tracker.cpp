// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/array_stream/array_tracker.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "operators/data/uid.hpp"

namespace annulus::array_stream {
namespace {

constexpr std::uint64_t max_gap = 1'000'000;  // frames: a longer gap is another run

}  // namespace

std::vector<RunEvent> ArrayTracker::feed(const StreamedArray& array, Expected<Array, DecodeError> pixels, double now) {
  std::vector<RunEvent> events = tick(now);
  last_seen_ = now;
  if (!uid_.empty() && array.frame + 1 == next_) {
    events.emplace_back(Problem{uid_, "image", fmt::format("image {} came again; it is ignored", array.frame)});
    return events;
  }
  const bool goes_on = array.frame >= next_ && array.frame - next_ <= max_gap;
  if (!uid_.empty() && !goes_on) end("success", "the images are numbered anew", events);
  const bool same = array.image.dtype == dtype_ && array.image.shape == shape_;
  if (!uid_.empty() && !same) end("success", "images of another shape or type follow", events);
  if (uid_.empty()) begin(array, now, events);

  if (array.frame > next_) {
    counts_.lost += array.frame - next_;
    events.emplace_back(
        FramesMissing{uid_, next_ - first_, array.frame - 1 - first_, FrameState::lost, "gap in the frame numbers"});
  }
  next_ = array.frame + 1;
  const std::uint64_t number = array.frame - first_;
  if (pixels) {
    ++counts_.arrived;
    const double time = array.time > 0 ? array.time : now;
    events.emplace_back(FrameArrived{uid_, Frame{number, time, std::move(*pixels), array.attributes}});
  } else {
    ++counts_.rejected;
    events.emplace_back(FramesMissing{uid_, number, number, FrameState::rejected, to_string(pixels.error())});
  }
  return events;
}

std::vector<RunEvent> ArrayTracker::tick(double now) {
  std::vector<RunEvent> events;
  last_seen_ = std::min(last_seen_, now);  // the clock may have been set back
  if (!uid_.empty() && now - last_seen_ >= idle_) end("success", fmt::format("no image came for {} s", idle_), events);
  return events;
}

std::vector<RunEvent> ArrayTracker::abandon(std::string_view reason) {
  std::vector<RunEvent> events;
  if (!uid_.empty()) end("abort", std::string(reason), events);
  return events;
}

void ArrayTracker::begin(const StreamedArray& array, double now, std::vector<RunEvent>& events) {
  uid_ = make_uid();
  first_ = next_ = array.frame;
  dtype_ = array.image.dtype;
  shape_ = array.image.shape;
  counts_ = {};
  const Dict detector{{"shape", List(shape_.begin(), shape_.end())}, {"dtype", name_of(dtype_)}};
  events.emplace_back(RunStarted{uid_, std::make_shared<const Dict>(Dict{{"uid", uid_},
                                                                         {"time", array.time > 0 ? array.time : now},
                                                                         {"scan_id", ++runs_},
                                                                         {"plan_name", "array_stream"},
                                                                         {"first_frame", first_},
                                                                         {"detector", detector}})});
}

void ArrayTracker::end(std::string exit_status, std::string reason, std::vector<RunEvent>& events) {
  events.emplace_back(RunStopped{std::exchange(uid_, {}), nullptr, std::move(exit_status), std::move(reason), counts_});
}

}  // namespace annulus::array_stream
