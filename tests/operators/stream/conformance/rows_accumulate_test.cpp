// SPDX-License-Identifier: BSD-3-Clause
#include <map>
#include <optional>
#include <stdexcept>

#include "operators/data/error.hpp"

#include "tests/operators/stream/conformance/rows.hpp"

namespace annulus::testing {
namespace {

using Pair = std::pair<int, int>;
using Pairs = std::vector<Pair>;

Pair twice_the_sum(int state, int x) { return {state + x, state + x}; }
Pair sum_and_negative(int state, int x) { return {state + x, -x}; }

TEST(StreamzRows, row_003_scan_without_a_start_emits_the_first_element_and_keeps_it_as_state) {
  Rows rows;
  const auto& seen = rows.collect(rows.a.stream().accumulate_from_first(twice_the_sum, returns_state));
  rows.run({0, 1, 2});
  EXPECT_EQ(seen, (Ints{0, 1, 3}));
}

TEST(StreamzRows, row_004_scan_takes_more_arguments_as_captures) {
  Rows rows;
  const auto& seen = rows.collect(rows.a.stream().scan([y = 10](int state, int x) { return state + x + y; }));
  rows.run({0, 1, 2});
  EXPECT_EQ(seen, (Ints{0, 11, 23}));
}

TEST(StreamzRows, row_005_accumulate_emits_every_state) {
  Rows rows;
  const auto& seen = rows.collect(rows.a.stream().accumulate(add, 0));
  rows.run({1, 2, 3});
  EXPECT_EQ(seen, (Ints{1, 3, 6}));
}

TEST(StreamzRows, row_006_without_a_start_the_first_element_does_not_go_through_the_function) {
  Rows rows;
  const auto& seen = rows.collect(rows.a.stream().accumulate_from_first(sum_and_negative, returns_state));
  rows.run({5, 6, 7});
  EXPECT_EQ(seen, (Ints{5, -6, -7}));
}

TEST(StreamzRows, row_007_with_a_start_every_element_goes_through_the_function) {
  Rows rows;
  const auto& seen = rows.collect(rows.a.stream().accumulate(sum_and_negative, 0, returns_state));
  rows.run({5, 6, 7});
  EXPECT_EQ(seen, (Ints{-5, -6, -7}));
}

TEST(StreamzRows, row_008_with_state_emits_state_and_result) {
  Rows rows;
  const auto& seen = rows.collect(rows.a.stream().accumulate(twice_the_sum, 0, with_state));
  rows.run({5, 6});
  EXPECT_EQ(seen, (Pairs{{5, 5}, {11, 11}}));
}

TEST(StreamzRows, row_009_an_element_that_fails_leaves_the_state_as_it_was) {
  Rows rows;
  const auto divide = [](double state, int x) { return x == 0 ? throw std::domain_error("by zero") : state / x; };
  const auto& seen = rows.collect(rows.a.stream().accumulate(divide, 8.0));
  rows.run({2, 0, 4});
  EXPECT_EQ(seen, (std::vector<double>{4.0, 1.0}));
  EXPECT_EQ(errors_of(rows.graph), "accumulate: by zero\n");
}

TEST(StreamzRows, row_048_frequencies_counts_how_often_each_element_came) {
  Rows rows;
  auto& letters = rows.source<char>("letters");
  const auto& seen = rows.collect(letters.stream().frequencies());
  rows.run(letters, {'a', 'b', 'a'});
  using Counts = std::map<char, std::size_t>;
  EXPECT_EQ(seen, (std::vector<Counts>{{{'a', 1}}, {{'a', 1}, {'b', 1}}, {{'a', 2}, {'b', 1}}}));
}

TEST(StreamzRows, row_052_unique_drops_what_came_before) {
  Rows rows;
  const auto& seen = rows.collect(rows.a.stream().unique());
  rows.run({1, 2, 1});
  EXPECT_EQ(seen, (Ints{1, 2}));
}

TEST(StreamzRows, row_053_unique_with_a_memory_of_one_drops_repetitions) {
  Rows rows;
  const auto& seen = rows.collect(rows.a.stream().unique(1));
  rows.run({1, 1, 2, 2, 2, 1, 3});
  EXPECT_EQ(seen, (Ints{1, 2, 1, 3}));
}

TEST(StreamzRows, row_054_unique_compares_keys) {
  Rows rows;
  const auto& seen = rows.collect(rows.a.stream().unique(1, [](int x) { return x % 2; }));
  rows.run({1, 2, 4, 6, 3});
  EXPECT_EQ(seen, (Ints{1, 2, 3}));
}

/// A number that can be compared, but has no hash.
struct Plain {
  int x;
  bool operator==(const Plain&) const = default;
};

TEST(StreamzRows, row_055_unique_forgets_what_came_longest_ago_with_and_without_a_hash) {
  Rows rows;
  const auto& seen = rows.collect(rows.a.stream().unique(2));
  const auto& plain = rows.collect(rows.a.stream().unique(2, [](int x) { return Plain{x}; }));
  rows.run({1, 2, 1, 2, 1, 2});
  EXPECT_EQ(seen, (Ints{1, 2}));
  rows.run({3, 2});
  EXPECT_EQ(seen, (Ints{1, 2, 3}));
  rows.run({1});
  EXPECT_EQ(seen, (Ints{1, 2, 3, 1}));
  rows.run({2, 3, 2});
  EXPECT_EQ(seen, (Ints{1, 2, 3, 1, 3}));
  EXPECT_EQ(plain, seen);
}

TEST(StreamzRows, row_056_a_circle_longer_than_the_memory_of_unique_passes) {
  Rows rows;
  const auto& seen = rows.collect(rows.a.stream().unique(2));
  rows.run({1, 2, 3, 1, 2, 3});
  EXPECT_EQ(seen, (Ints{1, 2, 3, 1, 2, 3}));
}

TEST(StreamzRows, row_057_unique_takes_elements_without_a_hash) {
  using Dict = std::map<std::string, int>;
  const Dict a{{"a", 1}};
  const Dict b{{"b", 1}};
  const Dict c{{"c", 1}};
  Rows rows;
  auto& dicts = rows.source<Dict>("dicts");
  const auto& seen = rows.collect(dicts.stream().unique(2));
  rows.run(dicts, {a, b, a, b, a, b});
  EXPECT_EQ(seen, (std::vector<Dict>{a, b}));
  rows.run(dicts, {c, b});
  EXPECT_EQ(seen, (std::vector<Dict>{a, b, c}));
  rows.run(dicts, {a});
  EXPECT_EQ(seen, (std::vector<Dict>{a, b, c, a}));
}

Ints sliced(const Ints& values, int start, std::optional<int> stop, int step) {
  Rows rows;
  const auto& seen = rows.collect(rows.a.stream().slice(start, stop, step));
  rows.run(values);
  return seen;
}

TEST(StreamzRows, row_064_slice_passes_what_a_slice_of_a_list_would) {
  const Ints values = range(0, 6);
  Rows rows;
  const auto& all = rows.collect(rows.a.stream().slice());
  rows.run(values);
  EXPECT_EQ(all, values);
  EXPECT_EQ(sliced(values, 0, std::nullopt, 1), values);
  EXPECT_EQ(sliced(values, 1, std::nullopt, 1), (Ints{1, 2, 3, 4, 5}));
  EXPECT_EQ(sliced(values, 0, 4, 1), (Ints{0, 1, 2, 3}));
  EXPECT_EQ(sliced(values, 0, 4, 2), (Ints{0, 2}));
  EXPECT_EQ(sliced(values, 3, 1, 1), Ints{});
}

TEST(StreamzRows, row_065_a_slice_that_counts_from_the_end_is_refused) {
  Rows rows;
  const auto numbers = rows.a.stream();
  EXPECT_THROW(numbers.slice(0, -1), ConfigError);
  EXPECT_THROW(numbers.slice(-1), ConfigError);
  EXPECT_THROW(numbers.slice(0, std::nullopt, 0), ConfigError);
}

TEST(StreamzRows, row_066_the_steps_of_a_slice_begin_at_its_start) {
  EXPECT_EQ(sliced(range(0, 8), 1, std::nullopt, 2), (Ints{1, 3, 5, 7}));
}

TEST(StreamzRows, row_067_a_slice_that_stops_at_zero_is_empty) { EXPECT_EQ(sliced(range(0, 8), 0, 0, 1), Ints{}); }

TEST(StreamzRows, row_068_a_slice_that_is_over_begins_again_with_the_next_run) {
  Rows rows;
  const auto& seen = rows.collect(rows.a.stream().slice(0, 2));
  rows.run(range(0, 4));
  EXPECT_EQ(seen, (Ints{0, 1}));
  const RunPtr next = rows.graph.begin_run("next");
  for (int i = 0; i < 4; ++i) rows.a.emit(10 + i, next, i);
  EXPECT_EQ(seen, (Ints{0, 1, 10, 11}));
}

}  // namespace
}  // namespace annulus::testing
