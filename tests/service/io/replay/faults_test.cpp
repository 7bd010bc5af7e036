// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/replay/faults.hpp"

#include <gtest/gtest.h>

#include "tests/bench.hpp"

namespace annulus {
namespace {

using namespace testing;

std::unique_ptr<Recording> run(std::uint64_t frames, std::string name = "") {
  return record_frames(
      frames, [](std::uint64_t k) { return small_frame(k); }, "pixels", Dict{{"name", std::move(name)}});
}

/// "start descriptor 0 1 stop": events by the number of their frame.
std::string order_of(Recording& recording) {
  std::string order;
  while (true) {
    const auto document = recording.next();
    if (!document || !*document) return order;
    const auto frame = frame_of(**document);
    order += frame ? std::to_string(*frame) : (*document)->name;
    order += " ";
  }
}

std::string order_with(Faults faults) { return order_of(*with_faults(run(5), std::move(faults))); }

TEST(Faults, number_what_announces_a_frame) {
  EXPECT_EQ(frame_of({"event", Dict{{"seq_num", 1}}}), 0U);
  EXPECT_EQ(frame_of({"stream_datum", Dict{{"indices", Dict{{"start", 4}, {"stop", 5}}}}}), 4U);
  EXPECT_EQ(frame_of({"datum", Dict{{"datum_kwargs", Dict{{"point_number", 2}}}}}), 2U);
  for (const char* name : {"start", "event", "stream_datum", "datum"})
    EXPECT_EQ(frame_of({name, Dict{}}), std::nullopt);
  EXPECT_EQ(frame_of({"event", Dict{{"seq_num", 0}}}), std::nullopt);
}

TEST(Faults, lose_and_duplicate_frames) {
  EXPECT_EQ(order_with({{0, 4}, {}, {}}), "start descriptor 1 2 3 stop ");
  EXPECT_EQ(order_with({{}, {2}, {}}), "start descriptor 0 1 2 2 3 4 stop ");
  EXPECT_EQ(order_with({{1}, {1}, {}}), "start descriptor 0 2 3 4 stop ") << "what is lost cannot come twice";
}

TEST(Faults, put_frames_behind_the_next) {
  EXPECT_EQ(order_with({{}, {}, {1}}), "start descriptor 0 2 1 3 4 stop ");
  EXPECT_EQ(order_with({{}, {1}, {1}}), "start descriptor 0 2 1 1 3 4 stop ");
  EXPECT_EQ(order_with({{}, {}, {4}}), "start descriptor 0 1 2 3 4 stop ") << "a stop is not overtaken";
  EXPECT_EQ(order_with({{}, {}, {1, 2}}), "start descriptor 0 3 1 2 4 stop ");
}

TEST(Faults, take_the_end_of_a_run) { EXPECT_EQ(order_of(*without_stop(run(2))), "start descriptor 0 1 "); }

TEST(Faults, let_the_second_run_begin_in_the_middle_of_the_first) {
  EXPECT_EQ(order_of(*overlapping(run(4), run(4), 4)), "start descriptor 0 1 start 2 descriptor 0 3 1 stop 2 3 stop ");
  EXPECT_EQ(order_of(*overlapping(run(0), run(0), 0)), "start start stop stop ");
}

}  // namespace
}  // namespace annulus
