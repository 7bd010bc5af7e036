// SPDX-License-Identifier: BSD-3-Clause
#include <atomic>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/operators/stream/conformance/rows_time.hpp"

// Group D of the facts on Streamz: what lies between scatter and gather is done by several threads, in order.

namespace annulus {
namespace {

using testing::Line;
using testing::ms;
using testing::Turnstile;

using Numbers = std::vector<int>;

constexpr int workers = 3;

int increment(int x) { return x + 1; }

/// What gather() yields of the elements, when `build` makes the scattered part.
template <class T, class Build>
auto gathered(const std::vector<T>& elements, Build&& build) {
  using Result = typename decltype(build(std::declval<Scattered<T>>()).gather())::Type;
  std::vector<Result> seen;
  Line<T> line;
  build(line.source.stream().scatter(workers)).gather().sink([&](const Result& x) { seen.push_back(x); });
  line.graph.start();
  line.emit_all(elements);
  line.graph.stop();
  return seen;
}

const Numbers numbers{0, 1, 2, 3, 4};

TEST(StreamzRows, row_159_a_scattered_map_keeps_the_order) {
  EXPECT_EQ(gathered(numbers, [](auto s) { return s.map(increment); }), (Numbers{1, 2, 3, 4, 5}));
}

TEST(StreamzRows, row_160_a_scattered_map_may_be_followed_by_an_accumulation) {
  const auto build = [](auto s) { return s.map(increment).accumulate(std::plus<>()); };
  EXPECT_EQ(gathered(numbers, build), (Numbers{1, 3, 6, 10, 15}));
}

TEST(StreamzRows, row_161_a_scattered_accumulation_may_return_state_and_result) {
  const auto add = [](int state, int x) { return std::pair(state + x, state + x); };
  EXPECT_EQ(gathered(Numbers{0, 1, 2}, [&](auto s) { return s.accumulate(add, 0, returns_state); }),
            (Numbers{0, 1, 3}));
}

TEST(StreamzRows, row_162_scattered_streams_are_zipped_in_order) {
  std::vector<std::tuple<int, char>> seen;
  VirtualClock clock;
  Graph graph(&clock);
  auto& a = graph.make<Source<int>>("a");
  auto& b = graph.make<Source<char>>("b");
  const auto same = [](auto x) { return x; };
  const auto left = a.stream().scatter(workers).map(same);
  const auto right = b.stream().scatter(workers).map(same);
  left.zip(right).gather().sink([&](const std::tuple<int, char>& row) { seen.push_back(row); });
  graph.start();
  a.emit(1);
  b.emit('a');
  a.emit(2);
  b.emit('b');
  graph.stop();
  EXPECT_EQ(seen, (std::vector<std::tuple<int, char>>{{1, 'a'}, {2, 'b'}}));
}

TEST(StreamzRows, row_163_a_scattered_starmap_takes_tuples) {
  const auto add = [z = 10](int x, int y) { return x + y + z; };
  const std::vector<std::tuple<int, int>> pairs{{0, 0}, {1, 1}, {2, 2}, {3, 3}, {4, 4}};
  EXPECT_EQ(gathered(pairs, [&](auto s) { return s.starmap(add); }), (Numbers{10, 12, 14, 16, 18}));
}

TEST(StreamzRows, row_164_a_scattered_accumulation_may_emit_its_state_too) {
  const auto seen = gathered(Numbers{0, 1, 2}, [](auto s) { return s.accumulate(std::plus<>(), 0, with_state); });
  EXPECT_EQ(seen.back(), std::pair(3, 3));
}

TEST(StreamzRows, row_165_equal_elements_are_each_computed) {
  std::atomic<int> calls = 0;
  EXPECT_EQ(gathered(Numbers{0, 0, 0}, [&](auto s) { return s.map([&](int) { return ++calls, 7; }); }).size(), 3U);
  EXPECT_EQ(calls, 3);
}

TEST(StreamzRows, row_166_a_worker_changes_only_its_own_copy) {
  using Entry = std::map<std::string, int>;
  const auto change = [](Entry entry) {
    entry["x"] += 1;
    return entry;
  };
  std::vector<Entry> changed;
  Numbers unchanged;
  Line<Entry> line;
  line.source.stream().scatter(workers).map(change).gather().sink([&](const Entry& e) { changed.push_back(e); });
  line.source.stream().sink([&](const Entry& e) { unchanged.push_back(e.at("x")); });
  line.graph.start();
  for (const int i : numbers) line.source.emit({{"x", i}});
  line.graph.stop();
  EXPECT_EQ(changed, (std::vector<Entry>{{{"x", 1}}, {{"x", 2}}, {{"x", 3}}, {{"x", 4}}, {{"x", 5}}}));
  EXPECT_EQ(unchanged, numbers);
}

TEST(StreamzRows, row_167_parts_are_scattered_and_all_their_elements_acknowledged) {
  Numbers seen;
  Line line;
  const auto increment_all = [](Numbers part) {
    for (int& x : part) ++x;
    return part;
  };
  line.source.stream()
      .partition(2, NoKey{}, {.timeout = ms(100)})
      .scatter(workers)
      .map(increment_all)
      .gather()
      .flatten()
      .sink([&](int x) { seen.push_back(x); });
  line.graph.start();
  line.emit_all({0, 1, 2});
  ASSERT_TRUE(line.acks.has(2));
  line.clock.advance(ms(100));
  ASSERT_TRUE(line.acks.has(3));
  EXPECT_EQ(seen, (Numbers{1, 2, 3}));
  line.graph.stop();
  EXPECT_EQ(line.acks.text(), "0 1 2");
}

// With workers an emission does not wait for its result. Without, it is there at once.
TEST(StreamzRows, row_168_without_workers_each_emission_has_its_result_at_once) {
  Numbers seen;
  Line line;
  line.source.stream().scatter(0).map(increment).gather().sink([&](int x) { seen.push_back(x); });
  line.graph.start();
  for (int i = 0; i < 10; ++i) {
    line.source.emit(i);
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(i + 1));
    EXPECT_EQ(seen.back(), i + 1);
  }
}

TEST(StreamzRows, row_169_the_sender_goes_on_while_workers_work) {
  Turnstile work;
  Numbers seen;
  Line line;
  const auto slow = [&](int x) { return work.pass(), x; };
  line.source.stream().scatter(2).map(slow).buffer(5).gather().sink([&](int x) { seen.push_back(x); });
  line.graph.start();
  line.emit_all({0, 1, 2, 3, 4});
  EXPECT_EQ(line.source.unacknowledged(), 5U);
  work.let_through(10);
  line.emit_all({5, 6, 7, 8, 9});
  line.graph.stop();
  EXPECT_EQ(seen, (Numbers{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

}  // namespace
}  // namespace annulus
