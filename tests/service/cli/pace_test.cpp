// SPDX-License-Identifier: BSD-3-Clause
#include "service/cli/pace.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "service/cli/quantity.hpp"

namespace annulus {
namespace {

using namespace std::chrono_literals;
constexpr std::int64_t second = 1'000'000'000;
const Pace::Time now{1000s};

TEST(Pace, keeps_the_recorded_distances) {
  Pace pace(1);
  EXPECT_EQ(pace.due(7 * second, now), now);
  EXPECT_EQ(pace.due(9 * second, now + 1ms), now + 2s);
  EXPECT_EQ(pace.due(10 * second, now + 30s), now + 3s) << "who is late hurries";
}

TEST(Pace, divides_them_by_the_speed) {
  Pace fast(4);
  EXPECT_EQ(fast.due(0, now), now);
  EXPECT_EQ(fast.due(2 * second, now), now + 500ms);
  Pace slow(0.5);
  EXPECT_EQ(slow.due(0, now), now);
  EXPECT_EQ(slow.due(2 * second, now), now + 4s);
  Pace at_once(std::numeric_limits<double>::infinity());
  EXPECT_EQ(at_once.due(0, now), now);
  EXPECT_EQ(at_once.due(1000 * second, now), now);
}

TEST(Pace, does_not_run_back_when_the_recorded_clock_does) {
  Pace pace(1);
  EXPECT_EQ(pace.due(100 * second, now), now);
  EXPECT_EQ(pace.due(5 * second, now), now) << "the recorder's machine was started anew";
  EXPECT_EQ(pace.due(6 * second, now), now + 1s);
  EXPECT_GT(pace.due(std::numeric_limits<std::int64_t>::max(), now), now);
}

TEST(Quantities, are_told_in_units_that_can_be_read) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(1500), "1.5 kB");
  EXPECT_EQ(bytes_text(999'800), "1 MB");
  EXPECT_EQ(bytes_text(12'345'678'900), "12.3 GB");
}

}  // namespace
}  // namespace annulus
