// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "detectors/bluesky/run_tracker.hpp"

namespace annulus::bluesky::testing {

inline Document start(const std::string& uid) { return {"start", {{"uid", uid}, {"time", 1.0}}}; }

inline Document stop(const std::string& run, int events = -1) {
  Document out{"stop", {{"uid", "stop of " + run}, {"run_start", run}, {"time", 9.0}, {"exit_status", "success"}}};
  if (events >= 0) out.content.set("num_events", Dict{{"primary", events}});
  return out;
}

inline Dict image_key(List shape) { return {{"source", "SIM"}, {"dtype", "array"}, {"shape", std::move(shape)}}; }

inline Document descriptor(const std::string& run, Dict data_keys, const std::string& stream = "primary") {
  return {"descriptor",
          {{"uid", run + "/" + stream}, {"run_start", run}, {"time", 2.0}, {"name", stream}, {"data_keys", data_keys}}};
}

inline Document descriptor(const std::string& run) {
  return descriptor(run, {{"motor", Dict{{"dtype", "number"}, {"shape", List{}}}}, {"image", image_key({2, 3})}});
}

inline Value pixels(std::uint16_t first = 0) {
  std::vector<std::uint16_t> values(6, first);
  return Array::of<std::uint16_t>({2, 3}, std::move(values));
}

inline Document event(const std::string& run, int seq_num, Value image = pixels()) {
  return {"event",
          {{"uid", "e"},
           {"descriptor", run + "/primary"},
           {"seq_num", seq_num},
           {"time", 3.5},
           {"data", Dict{{"motor", 0.25}, {"image", std::move(image)}}},
           {"timestamps", Dict{{"motor", 3.0}, {"image", 3.25}}}}};
}

using Lines = std::vector<std::string>;

/// What the tracker said, one short line each: easy to compare and to read in a failure.
struct Log {
  RunTracker tracker;
  std::vector<std::string> lines;
  std::vector<Frame> frames;
  std::vector<FramesInFile> in_files;

  explicit Log(RunTrackerOptions options = {}) : tracker(std::move(options)) {}

  void add(const std::vector<RunEvent>& events) {
    for (const RunEvent& event : events) std::visit([this](const auto& e) { line(e); }, event);
  }
  Log& feed(Document document) { return add(tracker.feed(std::move(document))), *this; }

  void line(const RunStarted& e) { lines.push_back("started " + e.uid); }
  void line(const FrameArrived& e) {
    frames.push_back(e.frame);
    lines.push_back("frame " + e.uid + " " + std::to_string(e.frame.number));
  }
  void line(const FramesInFile& e) {
    lines.push_back("file " + e.uid + " " + std::to_string(e.first) + "+" + std::to_string(e.count) + " " +
                    e.files->path + " " + std::to_string(e.image));
    in_files.push_back(e);
  }
  void line(const FramesMissing& e) {
    lines.push_back(std::string(name_of(e.state)) + " " + e.uid + " " + std::to_string(e.first) + "-" +
                    std::to_string(e.last) + ": " + e.reason);
  }
  void line(const RunStopped& e) {
    lines.push_back("stopped " + e.uid + " " + e.exit_status + " " + std::to_string(e.counts.arrived) + "/" +
                    std::to_string(e.counts.lost) + "/" + std::to_string(e.counts.rejected));
  }
  void line(const Problem& e) { lines.push_back("problem " + e.uid + " " + e.document + ": " + e.message); }

  /// True when the last line begins so.
  [[nodiscard]] ::testing::AssertionResult last_is(std::string_view begin) const {
    if (!lines.empty() && lines.back().starts_with(begin)) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << "'" << (lines.empty() ? "" : lines.back()) << "' is not '" << begin << "'";
  }
};

}  // namespace annulus::bluesky::testing
