// SPDX-License-Identifier: BSD-3-Clause
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "tests/operators/stream/conformance/rows_time.hpp"

// Rows 136 to 150 of the facts on Streamz: full joins, workers, errors, and what waits for them.

namespace annulus {
namespace {

using testing::errors_of;
using testing::Line;
using testing::ms;
using testing::record;
using testing::set;
using testing::Steps;
using testing::Turnstile;
using testing::TwoLines;

using Numbers = std::vector<int>;

int increment(int x) { return x + 1; }

TEST(StreamzRows, row_136_a_sender_waits_at_a_full_zip_until_a_partner_comes) {
  std::vector<std::tuple<int, int>> rows;
  TwoLines lines;
  zip({.max_size = 2}, lines.a.stream(), lines.b.stream()).sink([&](const std::tuple<int, int>& row) {
    rows.push_back(row);
  });
  lines.graph.start();
  Steps sender(lines.graph, 3, [&](int i) { lines.a.emit(i + 1); });
  ASSERT_TRUE(sender.stand_at(2));
  lines.b.emit(10);
  ASSERT_TRUE(sender.stand_at(3));
  EXPECT_EQ(rows, (std::vector<std::tuple<int, int>>{{1, 10}}));
}

TEST(StreamzRows, row_137_each_partner_lets_one_waiting_element_into_a_full_zip) {
  TwoLines lines;
  zip({.max_size = 2}, lines.a.stream(), lines.b.stream()).sink([](const auto&) {});
  lines.graph.start();
  Steps sender(lines.graph, 5, [&](int i) { lines.a.emit(i); });
  ASSERT_TRUE(sender.stand_at(2));
  for (int partners = 1; partners <= 3; ++partners) {
    lines.b.emit(0);
    ASSERT_TRUE(sender.stand_at(2 + partners));
  }
}

TEST(StreamzRows, row_138_a_zip_of_branches_of_one_source_refuses_what_it_has_no_room_for) {
  Line line;
  const auto all = line.source.stream();
  zip({.max_size = 2}, all, all.filter([](int) { return false; })).sink([](const auto&) { FAIL(); });
  line.graph.start();
  for (int i = 0; i < 50; ++i) line.source.emit(i);
  EXPECT_EQ(line.graph.find("zip")->errors(), 48U);
  EXPECT_EQ(line.source.unacknowledged(), 2U);
}

TEST(StreamzRows, row_138_a_sender_that_waits_at_a_full_zip_is_released_by_the_stop) {
  TwoLines lines;
  zip({.max_size = 2}, lines.a.stream(), lines.b.stream()).sink([](const auto&) { FAIL(); });
  lines.graph.start();
  Steps sender(lines.graph, 50, [&](int i) { lines.a.emit(i); });
  ASSERT_TRUE(sender.stand_at(2));
  lines.graph.stop();
  ASSERT_TRUE(sender.stand_at(50));
}

TEST(StreamzRows, row_139_latest_skips_what_is_old_when_the_sink_is_free_again) {
  Turnstile writes;
  Numbers seen;
  Line line;
  line.source.stream().map(increment).latest().map([&](int x) { return writes.pass(), x; }).sink([&](int x) {
    seen.push_back(x);
  });
  line.graph.start();
  line.source.emit(1);
  ASSERT_TRUE(writes.arrived(1));
  line.emit_all({2, 3});
  writes.let_through(2);
  line.graph.stop();
  EXPECT_EQ(seen, (Numbers{2, 4}));
}

TEST(StreamzRows, row_140_latest_delivers_the_newest_without_a_newer_one) {
  Turnstile writes;
  Turnstile done;
  Numbers seen;
  Line line;
  line.source.stream().latest().sink([&](int x) {
    writes.pass();
    seen.push_back(x);
    done.pass();
  });
  line.graph.start();
  done.let_through(3);
  line.source.emit(1);
  ASSERT_TRUE(writes.arrived(1));
  line.emit_all({2, 3});
  writes.let_through(2);
  ASSERT_TRUE(done.arrived(2));
  EXPECT_EQ(seen, (Numbers{1, 3}));
  writes.let_through(1);
  line.source.emit(4);
  line.graph.stop();
  EXPECT_EQ(seen, (Numbers{1, 3, 4}));
}

TEST(StreamzRows, row_141_a_parallel_map_works_on_several_elements_at_once_and_keeps_the_order) {
  Turnstile work;
  Numbers seen;
  Line line;
  line.source.stream()
      .parallel_map(increment, 1)
      .parallel_map([&](int x) { return work.pass(), x + 2; }, 2)
      .sink([&](int x) { seen.push_back(x); });
  line.graph.start();
  line.emit_all({0, 1, 2});
  ASSERT_TRUE(work.arrived(2));  // while none of them is done
  work.let_through(3);
  line.graph.stop();
  EXPECT_EQ(seen, (Numbers{3, 4, 5}));
}

TEST(StreamzRows, row_142_a_slow_element_keeps_its_place_in_a_parallel_map) {
  Turnstile slow;
  Turnstile quick;
  Numbers seen;
  Line line;
  const auto work = [&](int x) {
    (x == 0 ? slow : quick).pass();
    return x;
  };
  line.source.stream().parallel_map(work, 4).sink([&](int x) { seen.push_back(x); });
  line.graph.start();
  line.emit_all({0, 1, 2, 3});
  ASSERT_TRUE(quick.arrived(3));
  quick.let_through(3);
  slow.let_through(1);
  line.graph.stop();
  EXPECT_EQ(seen, (Numbers{0, 1, 2, 3}));
}

// What stops there is the run: the source goes on with another one.
TEST(StreamzRows, row_143_an_error_may_end_the_run_and_the_next_run_goes_on) {
  Numbers seen;
  Line line;
  const auto work = [](int x) { return x == 2 || x > 4 ? throw std::runtime_error("bad number") : x; };
  line.source.stream().parallel_map(work, 2).on_error(ErrorPolicy::fail_run).sink([&](int x) { seen.push_back(x); });
  line.graph.start();
  const RunPtr first = line.graph.begin_run("first");
  for (int i = 0; i <= 2; ++i) line.source.emit(i, first, static_cast<std::uint64_t>(i));
  ASSERT_TRUE(line.acks.has(3));
  EXPECT_EQ(seen, (Numbers{0, 1}));
  EXPECT_FALSE(line.source.emit(3, first, 3));
  line.graph.end_run(first);
  const RunPtr second = line.graph.begin_run("second");
  for (int i = 3; i <= 5; ++i) line.source.emit(i, second, static_cast<std::uint64_t>(i));
  line.graph.stop();
  EXPECT_EQ(seen, (Numbers{0, 1, 3, 4}));
}

double inverse(int x) { return x == 0 ? throw std::domain_error("division by zero") : 1.0 / x; }

TEST(StreamzRows, row_144_an_error_in_a_parallel_map_costs_one_element_and_is_reported) {
  std::vector<double> seen;
  Line line;
  line.source.stream().parallel_map(inverse, 2).sink([&](double x) { seen.push_back(x); });
  line.graph.start();
  for (const int x : {1, 0, 2}) EXPECT_TRUE(line.source.emit(x));
  line.graph.stop();
  EXPECT_EQ(seen, (std::vector<double>{1.0, 0.5}));
  EXPECT_EQ(errors_of(line.graph), "parallel_map: division by zero\n");
  EXPECT_EQ(line.acks.text(), "0 !1 2");
}

TEST(StreamzRows, row_145_an_error_behind_a_buffer_costs_one_element) {
  std::vector<double> seen;
  Line line;
  line.source.stream().buffer(3).map(inverse).sink([&](double x) { seen.push_back(x); });
  line.graph.start();
  for (const int x : {1, 0, 2, 4, 5, 8, 10}) EXPECT_TRUE(line.source.emit(x));
  line.graph.stop();
  EXPECT_EQ(seen, (std::vector<double>{1.0, 0.5, 0.25, 0.2, 0.125, 0.1}));
  EXPECT_EQ(errors_of(line.graph), "map: division by zero\n");
}

TEST(StreamzRows, row_147_an_emission_returns_when_the_sink_in_its_thread_is_done) {
  Line line;
  line.source.stream().map(increment).sink([&](int x) {
    line.clock.advance(ms(100));
    line.log = std::to_string(x);
  });
  line.graph.start();
  line.source.emit(1);
  EXPECT_EQ(line.log, "2");
  EXPECT_EQ(line.clock.now(), ms(100));
}

TEST(StreamzRows, row_148_a_buffer_may_stand_behind_any_window) {
  std::vector<Numbers> seen;
  Line line;
  const auto keep = [&](const Numbers& list) { seen.push_back(list); };
  const auto numbers = line.source.stream();
  numbers.partition(2).buffer(4).sink(keep);
  line.graph.start();
  line.emit_all({1, 2});
  numbers.timed_window(ms(10)).buffer(4).sink([](const Numbers&) {});
  numbers.sliding_window(2).buffer(4).sink([](const Numbers&) {});
  line.emit_all({3, 4});
  line.graph.stop();
  EXPECT_EQ(seen, (std::vector<Numbers>{{1, 2}, {3, 4}}));
  EXPECT_EQ(errors_of(line.graph), "");
}

TEST(StreamzRows, row_149_back_pressure_crosses_an_edge_that_was_connected_later) {
  Line line;
  auto& joint = line.graph.make<Union<int>>("joint");
  Stream<int>(line.graph, joint.out()).rate_limit(ms(1000)).sink(line.arrival());
  set(*line.graph.find("rate_limit"), {{"capacity", 1}});
  line.source.stream().connect(joint.in());
  line.graph.start();
  Steps sender(line.graph, 5, [&](int i) { line.source.emit(i); });
  ASSERT_TRUE(sender.stand_at(1));
  line.clock.advance(ms(0));
  ASSERT_TRUE(sender.stand_at(2));
  EXPECT_EQ(line.log, "0@0");
}

// There are no loops to share: what a graph has in common is its clock.
TEST(StreamzRows, row_150_graphs_may_share_a_clock) {
  VirtualClock clock;
  Graph one(&clock);
  Graph two(&clock);
  auto& a = one.make<Source<int>>("a");
  auto& b = two.make<Source<int>>("b");
  const auto& out_a = record(a.stream().delay(ms(10)));
  const auto& out_b = record(b.stream().timed_window(ms(20)));
  one.start();
  two.start();
  a.emit(1);
  b.emit(2);
  clock.advance(ms(20));
  EXPECT_EQ(out_a.text(), "-1");
  EXPECT_EQ(out_b.text(), "[2]-[]");
  EXPECT_EQ(&one.clock(), &two.clock());
}

}  // namespace
}  // namespace annulus
