// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/runs/raw_run.hpp"

#include <gtest/gtest.h>

#include "detectors/bluesky/run_tracker.hpp"
#include "detectors/bluesky/wire.hpp"
#include "tests/bench.hpp"

namespace annulus {
namespace {

using namespace testing;

/// What a receiver makes of a document, after a journey over the wire.
std::vector<RunEvent> receive(bluesky::RunTracker& tracker, const Document& document, bluesky::Serializer serializer) {
  const auto message = std::make_shared<const std::string>(bluesky::encode_message(document, "", serializer));
  auto received = bluesky::decode_message(std::as_bytes(std::span(*message)), message, "", serializer);
  if (!received) throw std::runtime_error(to_string(received.error()));
  return tracker.feed(std::get<Document>(*received));
}

TEST(RawRun, is_understood_by_the_tracker_in_every_serialisation) {
  for (const auto serializer : {bluesky::Serializer::pickle, bluesky::Serializer::msgpack, bluesky::Serializer::json}) {
    RawRun run("pixels", Dict{{"scan_id", 3}});
    bluesky::RunTracker tracker;
    const auto feed = [&](const Document& document) { return receive(tracker, document, serializer); };

    const auto started = feed(run.start(1.5));
    ASSERT_EQ(started.size(), 1U);
    const auto& start = std::get<RunStarted>(started[0]);
    EXPECT_EQ(start.uid, run.uid());
    EXPECT_EQ(integer_at(*start.start, "scan_id", 0), 3);
    EXPECT_EQ(number_at(*start.start, "time", 0), 1.5);

    Frame frame = small_frame(0);
    frame.readings = std::make_shared<const Dict>(Dict{{"temperature", 295.5}});
    EXPECT_TRUE(feed(run.descriptor(frame)).empty());
    for (std::uint64_t k = 0; k < 2; ++k) {
      Frame sent = small_frame(k);
      sent.readings = frame.readings;
      const auto arrived = feed(run.event(sent));
      ASSERT_EQ(arrived.size(), 1U);
      const Frame& got = std::get<FrameArrived>(arrived[0]).frame;
      EXPECT_EQ(got.number, k);
      EXPECT_EQ(got.time, sent.time);
      EXPECT_EQ(got.pixels.shape(), sent.pixels.shape());
      EXPECT_EQ(got.pixels.to_vector<double>(), sent.pixels.to_vector<double>());
      ASSERT_NE(got.readings, nullptr);
      EXPECT_EQ(number_at(*got.readings, "temperature", 0), 295.5);
    }

    const auto stopped = feed(run.stop(9, "abort"));
    ASSERT_EQ(stopped.size(), 1U) << "the stop counts two events: nothing is missing";
    const auto& stop = std::get<RunStopped>(stopped[0]);
    EXPECT_EQ(stop.exit_status, "abort");
    EXPECT_EQ(stop.counts, (RunCounts{.arrived = 2, .lost = 0, .rejected = 0}));
  }
}

TEST(RawRun, has_a_uid_of_its_own) { EXPECT_NE(RawRun("a", {}).uid(), RawRun("a", {}).uid()); }

}  // namespace
}  // namespace annulus
