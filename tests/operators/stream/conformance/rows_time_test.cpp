// SPDX-License-Identifier: BSD-3-Clause
#include "tests/operators/stream/conformance/rows_time.hpp"

#include <atomic>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

// Rows 121 to 135 of the facts on Streamz: time and waiting, on a clock that the test moves. Rows on senders that wait
// use a second thread; what is said of them is exact, since only the clock or the reader lets them go on.

namespace annulus {
namespace {

using testing::Line;
using testing::ms;
using testing::played;
using testing::set;
using testing::Steps;
using testing::Turnstile;

using Numbers = std::vector<int>;

int increment(int x) { return x + 1; }

TEST(StreamzRows, row_121_a_slow_reader_slows_the_sender) {
  Turnstile reader;
  Line line;
  line.source.stream().map(increment).accumulate(std::plus<>(), 0).sink([&](int) { reader.pass(); });
  line.graph.start();
  reader.let_through(2);  // as much as the reader's queue holds
  Steps sender(line.graph, 5, [&](int i) { line.source.emit(i); });
  for (int taken = 0; taken <= 3; ++taken) {
    ASSERT_TRUE(sender.stand_at(2 + taken));
    reader.let_through(1);
  }
}

TEST(StreamzRows, row_122_a_timed_window_has_what_came_in_its_time) {
  Line line;
  line.source.stream().timed_window(ms(10)).sink(line.arrival());
  line.graph.start();
  for (int i = 0; i < 10; ++i) {
    line.source.emit(i);
    line.clock.advance(ms(4));
  }
  line.clock.advance(ms(10));
  EXPECT_EQ(line.log, "[0]@0 [12]@10 [34]@20 [567]@30 [89]@40 []@50");
}

TEST(StreamzRows, row_123_windows_without_elements_come_from_the_start_of_the_run_on) {
  Line line;
  line.source.stream().timed_window(ms(50)).sink(line.arrival());
  line.graph.start();
  line.clock.advance(ms(0));
  EXPECT_EQ(line.log, "");  // no run
  line.graph.common_run();
  line.clock.advance(ms(120));
  EXPECT_EQ(line.log, "[]@0 []@50 []@100");
}

TEST(StreamzRows, row_124_an_interval_is_a_duration_of_any_unit) {
  Line line;
  line.source.stream().timed_window(std::chrono::microseconds(10'000)).sink(line.arrival());
  line.graph.start();
  line.graph.common_run();
  line.clock.advance(ms(19));
  EXPECT_EQ(line.log, "[]@0 []@10");
}

TEST(StreamzRows, row_125_a_window_that_its_reader_does_not_take_holds_up_the_sender) {
  Turnstile reader;
  std::atomic<int> taken = 0;
  Line line;
  line.source.stream().timed_window(ms(10)).sink([&](const Numbers&) { reader.pass(); });
  line.graph.start();
  line.source.emit(0);
  Steps time(line.graph, 1, [&](int) { line.clock.advance(ms(0)); });
  ASSERT_TRUE(reader.arrived(1));
  Steps sender(line.graph, 1, [&](int) {
    line.source.emit(1);
    taken = reader.passed();
  });
  ASSERT_TRUE(sender.stand_at(0));
  reader.let_through(2);  // this window, and the one that comes at the stop
  ASSERT_TRUE(sender.stand_at(1));
  EXPECT_EQ(taken, 1);
}

/// The windows of 50 ms with each key once, when everything comes in the first.
template <class T, class KeyOf>
std::vector<std::vector<T>> unique_windows(const std::vector<T>& elements, KeyOf key, Keep keep) {
  std::vector<std::vector<T>> windows;
  Line<T> line;
  line.source.stream().timed_window_unique(ms(50), key, keep).sink([&](const std::vector<T>& window) {
    windows.push_back(window);
  });
  line.graph.start();
  line.emit_all(elements);
  line.clock.advance(ms(50));
  return windows;
}

TEST(StreamzRows, row_126_a_timed_window_has_each_key_once) {
  const Numbers numbers{1, 2, 1, 3, 1, 3, 3, 2};
  EXPECT_EQ(unique_windows(numbers, Identity{}, Keep::first), (std::vector<Numbers>{{1, 2, 3}, {}}));
  EXPECT_EQ(unique_windows(numbers, Identity{}, Keep::last), (std::vector<Numbers>{{1, 3, 2}, {}}));
  using Words = std::vector<std::string>;
  const auto length = [](const std::string& word) { return word.size(); };
  const Words words{"f", "fo", "f", "foo", "f", "foo", "foo", "fo"};
  EXPECT_EQ(unique_windows(words, length, Keep::last), (std::vector<Words>{{"f", "foo", "fo"}, {}}));
  using Pairs = std::vector<std::pair<int, std::string>>;
  const auto id = [](const auto& pair) { return pair.first; };
  const Pairs pairs{{0, "bar"}, {1, "bat"}, {0, "baz"}};
  EXPECT_EQ(unique_windows(pairs, id, Keep::first), (std::vector<Pairs>{{{0, "bar"}, {1, "bat"}}, {}}));
  EXPECT_EQ(unique_windows(pairs, id, Keep::last), (std::vector<Pairs>{{{1, "bat"}, {0, "baz"}}, {}}));
}

TEST(StreamzRows, row_127_a_partition_that_does_not_fill_comes_at_its_timeout) {
  const auto parts = [](auto s) { return s.partition(10, NoKey{}, {.timeout = ms(10)}); };
  EXPECT_EQ(played("(01234)----", parts), "-[01234]");
}

TEST(StreamzRows, row_128_the_timeout_begins_anew_with_each_part) {
  const auto parts = [](auto s) { return s.partition(3, NoKey{}, {.timeout = ms(100)}); };
  EXPECT_EQ(played("(012)--------3-", parts), "[012]");
  EXPECT_EQ(played("(012)--------3----------", parts), "[012]------------------[3]");
}

TEST(StreamzRows, row_129_the_timeout_counts_from_the_first_element_of_the_part) {
  const auto parts = [](auto s) { return s.partition(3, NoKey{}, {.timeout = ms(100)}); };
  EXPECT_EQ(played("1-----2-----", parts), "----------[12]");
}

TEST(StreamzRows, row_130_parts_of_one_element_need_no_timeout) {
  const auto parts = [](auto s) { return s.partition(1, NoKey{}, {.timeout = ms(10)}); };
  EXPECT_EQ(played("(01234)56789--|", parts), "([0][1][2][3][4])[5][6][7][8][9]--|");
}

TEST(StreamzRows, row_131_a_rate_limit_keeps_elements_apart_and_loses_none) {
  Line line;
  line.source.stream().rate_limit(ms(50)).sink(line.arrival());
  line.graph.start();
  line.emit_all({0, 1, 2, 3, 4});
  line.clock.advance(ms(500));
  EXPECT_EQ(line.log, "0@0 1@50 2@100 3@150 4@200");
}

TEST(StreamzRows, row_131_a_rate_limit_with_room_for_one_makes_the_sender_wait) {
  Line line;
  line.source.stream().rate_limit(ms(50)).sink(line.arrival());
  set(*line.graph.find("rate_limit"), {{"capacity", 1}});
  line.graph.start();
  Steps sender(line.graph, 5, [&](int i) { line.source.emit(i); });
  for (int i = 1; i < 5; ++i) {
    ASSERT_TRUE(sender.stand_at(i));
    line.clock.advance(i == 1 ? ms(0) : ms(50));
  }
  ASSERT_TRUE(sender.stand_at(5));
  EXPECT_EQ(line.log, "0@0 1@50 2@100 3@150");
}

TEST(StreamzRows, row_132_a_delay_is_the_same_for_every_element) {
  EXPECT_EQ(played("(01234)---", [](auto s) { return s.delay(ms(20)); }), "--(01234)");
  EXPECT_EQ(played("0123-4--|", [](auto s) { return s.delay(ms(20)); }), "--0123-4|");
}

TEST(StreamzRows, row_133_a_delay_holds_also_after_a_pause) {
  Line line;
  line.source.stream().delay(ms(100)).sink(line.arrival());
  line.graph.start();
  line.clock.advance(ms(300));
  line.emit_all({0, 1, 2});
  line.clock.advance(ms(200));
  EXPECT_EQ(line.log, "0@400 1@400 2@400");
}

TEST(StreamzRows, row_134_a_buffer_takes_what_the_rate_limit_behind_does_not) {
  Line line;
  line.source.stream().map(increment).buffer(10).map(increment).rate_limit(ms(50)).sink(line.arrival());
  set(*line.graph.find("rate_limit"), {{"capacity", 1}});
  line.graph.start();
  Steps sender(line.graph, 15, [&](int i) { line.source.emit(i); });
  ASSERT_TRUE(sender.stand_at(12));  // 10 in the buffer, one on its way, one in the rate limit
  EXPECT_EQ(line.log, "");
  line.clock.advance(ms(0));
  ASSERT_TRUE(sender.stand_at(13));
  line.clock.advance(ms(50));
  ASSERT_TRUE(sender.stand_at(14));
  line.clock.advance(ms(50));
  ASSERT_TRUE(sender.stand_at(15));
  EXPECT_EQ(line.log, "2@0 3@50 4@100");
}

TEST(StreamzRows, row_135_a_buffer_before_a_slow_sink_takes_what_fits) {
  Turnstile writes;
  Line line;
  line.source.stream().map(increment).buffer(3).sink([&](int) { writes.pass(); });
  line.graph.start();
  Steps sender(line.graph, 6, [&](int i) { line.source.emit(i); });
  ASSERT_TRUE(sender.stand_at(4));
  writes.let_through(1);
  ASSERT_TRUE(sender.stand_at(5));
  writes.let_through(1);
  ASSERT_TRUE(sender.stand_at(6));
  EXPECT_EQ(writes.passed(), 2);
  writes.let_through(4);
}

}  // namespace
}  // namespace annulus
