// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/array_stream/array_tracker.hpp"

#include "tests/detectors/simplon/samples.hpp"

namespace annulus::array_stream {
namespace {

using simplon::testing::counting;

struct Log {
  ArrayTracker tracker{10};
  std::string said;
  double now = 1000;

  void add(const std::vector<RunEvent>& events) {
    for (const RunEvent& event : events) {
      if (!said.empty()) said += ' ';
      std::visit([this](const auto& e) { word(e); }, event);
    }
  }
  Log& image(std::uint64_t frame, Shape shape = {1, 2}) {
    StreamedArray array;
    array.frame = frame;
    array.image = encode_array(counting(std::move(shape)), simplon::Packing::none);
    add(tracker.feed(array, decode_array(array.image), now));
    return *this;
  }
  Log& pass(double seconds) {
    now += seconds;
    add(tracker.tick(now));
    return *this;
  }

  void word(const RunStarted&) { said += '['; }
  void word(const FrameArrived& e) { said += std::to_string(e.frame.number); }
  void word(const FramesMissing& e) { said += "x" + std::to_string(e.first) + "-" + std::to_string(e.last); }
  void word(const FramesInFile&) { said += "file"; }  // of no stream
  void word(const RunStopped& e) { said += "]" + e.exit_status; }
  void word(const Problem&) { said += '?'; }
};

TEST(ArrayTracker, begins_a_run_with_the_first_image_and_ends_it_when_no_more_come) {
  EXPECT_EQ(Log().image(7).pass(9).image(8).pass(9).pass(1).image(9).said, "[ 0 1 ]success [ 0");
}

TEST(ArrayTracker, calls_missing_numbers_lost) { EXPECT_EQ(Log().image(1).image(4).said, "[ 0 x1-2 3"); }

TEST(ArrayTracker, begins_another_run_when_the_numbers_or_the_shape_change) {
  EXPECT_EQ(Log().image(5).image(6).image(1).said, "[ 0 1 ]success [ 0");
  EXPECT_EQ(Log().image(5).image(6, {2, 2}).said, "[ 0 ]success [ 0");
  EXPECT_EQ(Log().image(5).image(5'000'000).said, "[ 0 ]success [ 0");
}

TEST(ArrayTracker, ignores_an_image_that_comes_twice) { EXPECT_EQ(Log().image(5).image(5).image(6).said, "[ 0 ? 1"); }

TEST(ArrayTracker, rejects_an_image_that_cannot_be_decoded) {
  Log log;
  StreamedArray array;
  log.add(log.tracker.feed(array, Unexpected<DecodeError>({"lz4: cut", 0}), 0));
  log.add(log.tracker.abandon("shutdown"));
  EXPECT_EQ(log.said, "[ x0-0 ]abort");
  EXPECT_TRUE(log.tracker.open_run().empty());
}

}  // namespace
}  // namespace annulus::array_stream
