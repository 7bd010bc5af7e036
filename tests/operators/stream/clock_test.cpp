// SPDX-License-Identifier: BSD-3-Clause
#include "operators/stream/clock.hpp"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "tests/probe.hpp"

namespace annulus {
namespace {

using std::chrono::milliseconds;

TEST(VirtualClock, calls_timers_in_the_order_of_their_times) {
  VirtualClock clock;
  std::string log;
  const auto at = [&] { return std::to_string(clock.now() / milliseconds(1)) + " "; };
  const auto late = clock.make_timer([&] { log += "late " + at(); });
  const auto early = clock.make_timer([&] { log += "early " + at(); });
  late->set(milliseconds(30));
  early->set(milliseconds(10));
  clock.advance(milliseconds(5));
  EXPECT_EQ(log, "");
  clock.advance(milliseconds(50));
  EXPECT_EQ(log, "early 10 late 30 ");
  EXPECT_EQ(clock.now(), milliseconds(55));
}

TEST(VirtualClock, lets_a_timer_set_itself_again) {
  VirtualClock clock;
  int calls = 0;
  std::unique_ptr<Timer> timer;
  timer = clock.make_timer([&] {
    if (++calls < 3) timer->set(clock.now() + milliseconds(10));
  });
  timer->set(milliseconds(10));
  clock.advance(milliseconds(100));
  EXPECT_EQ(calls, 3);
}

TEST(VirtualClock, forgets_a_cancelled_timer_and_one_that_is_gone) {
  VirtualClock clock;
  int calls = 0;
  auto cancelled = clock.make_timer([&] { ++calls; });
  auto gone = clock.make_timer([&] { ++calls; });
  cancelled->set(milliseconds(1));
  gone->set(milliseconds(1));
  cancelled->cancel();
  gone.reset();
  clock.advance(milliseconds(10));
  EXPECT_EQ(calls, 0);
}

TEST(SystemClock, calls_a_timer_once_when_its_time_has_come) {
  SystemClock clock;
  testing::Changes changes;
  int calls = 0;
  const auto begun = clock.now();
  const auto timer = clock.make_timer([&] { changes.make([&] { ++calls; }); });
  timer->set(begun + milliseconds(20));
  ASSERT_TRUE(changes.wait([&] { return calls == 1; }));
  EXPECT_GE(clock.now(), begun + milliseconds(20));
}

TEST(SystemClock, ends_a_timer_that_was_never_due) {
  SystemClock clock;
  const auto timer = clock.make_timer([] { FAIL(); });
  timer->set(clock.now() + std::chrono::hours(1));
}

}  // namespace
}  // namespace annulus
