// SPDX-License-Identifier: BSD-3-Clause
#include <atomic>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "operators/stream/sinks.hpp"
#include "operators/stream/sources.hpp"
#include "tests/operators/stream/gate.hpp"
#include "tests/probe.hpp"

namespace annulus {
namespace {

using std::chrono::milliseconds;
using testing::Gate;
using Ints = std::vector<int>;

TEST(FromPeriodic, calls_at_once_and_at_every_interval) {
  VirtualClock clock;
  Graph graph(&clock);
  const auto times = from_periodic(graph, [&] { return clock.now() / milliseconds(1); }, milliseconds(100));
  const auto list = sink_to_list(times);
  graph.start();
  clock.advance(milliseconds(0));
  EXPECT_EQ(list.size(), 1U);
  clock.advance(milliseconds(250));
  EXPECT_EQ(list.values(), (std::vector<std::int64_t>{0, 100, 200}));
}

TEST(FromPeriodic, rests_between_a_stop_and_a_start) {
  VirtualClock clock;
  Graph graph(&clock);
  const auto times = from_periodic(graph, [&] { return clock.now() / milliseconds(1); }, milliseconds(10));
  const auto list = sink_to_list(times);
  graph.start();
  clock.advance(milliseconds(15));
  producer_of(times).stop_source();
  clock.advance(milliseconds(100));
  producer_of(times).start_source();
  clock.advance(milliseconds(12));
  EXPECT_EQ(list.values(), (std::vector<std::int64_t>{0, 10, 115, 125}));
}

TEST(FromPeriodic, row_146_goes_on_after_an_exception) {
  VirtualClock clock;
  Graph graph(&clock);
  int calls = 0;
  const auto counts =
      from_periodic(graph, [&] { return ++calls == 2 ? throw std::runtime_error("no") : calls; }, milliseconds(1));
  const auto list = sink_to_list(counts);
  graph.start();
  clock.advance(milliseconds(3));
  EXPECT_EQ(list.values(), (Ints{1, 3, 4}));
  EXPECT_TRUE(producer_of(counts).producing());
  EXPECT_EQ(testing::errors_of(graph), "from_periodic: no\n");
}

TEST(FromPeriodic, leaves_times_out_while_the_window_is_full) {
  VirtualClock clock;
  Graph graph(&clock);
  Gate gate;
  int calls = 0;
  const auto counts = from_periodic(graph, [&] { return ++calls; }, milliseconds(1), {.window = 1});
  counts.buffer(10).sink([&](int) { gate.pass(); });
  graph.start();
  clock.advance(milliseconds(5));
  EXPECT_EQ(calls, 1);
  gate.open(1);
  graph.stop();
}

TEST(FromPeriodic, may_stop_itself) {
  VirtualClock clock;
  Graph graph(&clock);
  ProducerNode* source = nullptr;
  int calls = 0;
  const auto counts = from_periodic(
      graph,
      [&] {
        if (++calls == 3) source->stop_source();
        return calls;
      },
      milliseconds(1));
  source = &producer_of(counts);
  counts.sink([](int) {});
  graph.start();
  clock.advance(milliseconds(10));
  EXPECT_EQ(calls, 3);
  EXPECT_FALSE(source->producing());
}

TEST(FromPeriodic, runs_by_the_machine_clock) {
  Graph graph;
  std::atomic<int> calls{0};
  const auto counts = from_periodic(graph, [&] { return ++calls; }, milliseconds(1));
  auto& probe = graph.make<testing::Probe<int>>();
  graph.connect(counts.out(), *probe.inputs().front());
  graph.start();
  EXPECT_TRUE(probe.has(3));
  graph.stop();
}

TEST(FromPeriodic, refuses_an_interval_of_nothing) {
  Graph graph;
  EXPECT_EQ(testing::message_of([&] { from_periodic(graph, [] { return 1; }, milliseconds(0)); }),
            "from_periodic: the interval is not positive (it would never rest) give a time above 0");
}

}  // namespace
}  // namespace annulus
