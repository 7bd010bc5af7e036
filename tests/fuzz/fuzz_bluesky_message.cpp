// SPDX-License-Identifier: BSD-3-Clause
// Input: messages one after the other, each behind its length (2 bytes, little-endian).
#include <map>
#include <variant>

#include "detectors/bluesky/byte_reader.hpp"
#include "detectors/bluesky/run_tracker.hpp"
#include "detectors/bluesky/wire.hpp"
#include "tests/fuzz/codec_check.hpp"

namespace {

using annulus::fuzz::require;
using namespace annulus;
using namespace annulus::bluesky;

/// What must hold of a tracker's events whatever is fed: runs begin and end once, frame numbers only grow.
class Watch {
 public:
  void see(const std::vector<RunEvent>& events) {
    for (const RunEvent& event : events) std::visit([this](const auto& e) { check(e); }, event);
  }

 private:
  void check(const RunStarted& e) { require(next_.emplace(e.uid, 0).second); }
  void check(const RunStopped& e) { require(next_.erase(e.uid) == 1); }
  void check(const FrameArrived& e) {
    require(e.frame.pixels.shape().size() == 2);
    advance(e.uid, e.frame.number, e.frame.number);
  }
  void check(const FramesInFile& e) {
    require(e.files != nullptr && e.count > 0);
    advance(e.uid, e.first, e.first + e.count - 1);
  }
  void check(const FramesMissing& e) { advance(e.uid, e.first, e.last); }
  void check(const Problem& e) { require(!e.message.empty()); }

  void advance(const std::string& uid, std::uint64_t first, std::uint64_t last) {
    const auto run = next_.find(uid);
    require(run != next_.end() && first >= run->second && last >= first);
    run->second = last + 1;
  }

  std::map<std::string, std::uint64_t> next_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteReader reader(std::as_bytes(std::span(data, size)));
  RunTracker tracker;
  Watch watch;
  while (const auto length = reader.read<std::uint16_t>()) {
    const auto bytes = reader.take(std::min<std::size_t>(*length, reader.remaining()));
    const auto owner = std::make_shared<const std::string>(as_text(*bytes));
    auto received = decode_message(as_bytes(*owner), owner, "", Serializer::sniff);
    if (!received) {
      require(received.error().offset <= owner->size());
      continue;
    }
    annulus::Document& document = std::get<annulus::Document>(*received);
    const std::string message = encode_message(document, "x", Serializer::json);
    require(message.starts_with("x " + document.name + " {"));
    watch.see(tracker.feed(std::move(document)));
  }
  watch.see(tracker.abandon("end of input"));
  require(tracker.open_runs().empty());
  return 0;
}
