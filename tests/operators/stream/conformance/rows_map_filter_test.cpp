// SPDX-License-Identifier: BSD-3-Clause
#include <functional>
#include <map>
#include <optional>
#include <ranges>

#include "tests/operators/stream/conformance/rows.hpp"

namespace annulus::testing {
namespace {

bool is_even(int x) { return x % 2 == 0; }

TEST(StreamzRows, row_001_two_branches_of_one_source_see_every_element) {
  Rows rows;
  const auto& sums = rows.collect(rows.a.stream().map(increment).scan(add));
  const auto& doubles = rows.collect(rows.a.stream().map([](int x) { return 2 * x; }));
  rows.run({0, 1, 2, 3});
  EXPECT_EQ(sums, (Ints{1, 3, 6, 10}));
  EXPECT_EQ(doubles, (Ints{0, 2, 4, 6}));
}

TEST(StreamzRows, row_002_a_source_may_have_nothing_downstream) {
  Rows rows;
  rows.start();
  EXPECT_TRUE(rows.a.emit(1));
  EXPECT_EQ(rows.graph.errors().total(), 0U);
  EXPECT_EQ(rows.a.unacknowledged(), 0U);
}

TEST(StreamzRows, row_010_filter_passes_what_the_predicate_likes) {
  Rows rows;
  const auto& seen = rows.collect(rows.a.stream().filter(is_even));
  rows.run(range(0, 10));
  EXPECT_EQ(seen, (Ints{0, 2, 4, 6, 8}));
}

TEST(StreamzRows, row_011_filter_takes_more_arguments_as_captures) {
  Rows rows;
  const int n = 2;
  const auto& seen = rows.collect(rows.a.stream().filter([n](int x) { return x % n == 0; }));
  rows.run(range(0, 10));
  EXPECT_EQ(seen, (Ints{0, 2, 4, 6, 8}));
}

TEST(StreamzRows, row_012_filter_without_a_predicate_passes_what_is_true) {
  Rows rows;
  const auto& seen = rows.collect(rows.a.stream().filter());
  rows.start();
  for (int i = 0; i < 10; ++i) rows.a.emit(i % 3);
  EXPECT_EQ(seen, (Ints{1, 2, 1, 2, 1, 2}));
}

TEST(StreamzRows, row_013_remove_is_the_complement_of_filter) {
  Rows rows;
  const auto& seen = rows.collect(rows.a.stream().remove(is_even));
  rows.run(range(0, 10));
  EXPECT_EQ(seen, (Ints{1, 3, 5, 7, 9}));
}

TEST(StreamzRows, row_014_map_takes_named_arguments_as_captures) {
  Rows rows;
  const auto& seen = rows.collect(rows.a.stream().map([y = 10](int x) { return add(x, y); }));
  rows.run({1});
  EXPECT_EQ(seen, (Ints{11}));
}

TEST(StreamzRows, row_015_map_takes_arguments_after_the_element_from_bind) {
  Rows rows;
  const auto& seen = rows.collect(rows.a.stream().map(std::bind(add, std::placeholders::_1, 10)));
  rows.run({1});
  EXPECT_EQ(seen, (Ints{11}));
}

TEST(StreamzRows, row_016_starmap_spreads_a_tuple) {
  Rows rows;
  auto& pairs = rows.source<std::tuple<int, int>>("pairs");
  const auto& seen = rows.collect(pairs.stream().starmap(add));
  rows.run(pairs, {{1, 10}});
  EXPECT_EQ(seen, (Ints{11}));
}

TEST(StreamzRows, row_017_starmap_takes_arguments_after_the_tuple_as_captures) {
  Rows rows;
  auto& pairs = rows.source<std::tuple<int, int>>("pairs");
  const auto& seen = rows.collect(pairs.stream().starmap([z = 10](int x, int y) { return x + y + z; }));
  rows.run(pairs, {{1, 2}});
  EXPECT_EQ(seen, (Ints{13}));
}

TEST(StreamzRows, row_018_a_map_to_nothing_emits_nothing_as_a_value) {
  Rows rows;
  const auto nothing = [](int) { return std::optional<int>(); };
  const auto& seen = rows.collect(rows.a.stream().map(nothing));
  const auto& parallel = rows.collect(rows.a.stream().parallel_map(nothing, 2));
  rows.run({1});
  rows.graph.stop();
  EXPECT_EQ(seen, (std::vector<std::optional<int>>{std::nullopt}));
  EXPECT_EQ(parallel, seen);
}

using Lists = std::vector<Ints>;

TEST(StreamzRows, row_049_flatten_emits_the_items_of_lists_and_of_ranges_that_are_made_on_the_way) {
  Rows rows;
  auto& lists = rows.source<Ints>("lists");
  auto& numbers = rows.source<std::ranges::iota_view<int, int>>("numbers");
  const auto& items = rows.collect(lists.stream().flatten());
  const auto& counted = rows.collect(numbers.stream().flatten());
  rows.run(lists, {{1, 2, 3}, {4, 5}, {6, 7, 8}});
  rows.run(numbers, {{1, 7}, {7, 9}});
  EXPECT_EQ(items, range(1, 9));
  EXPECT_EQ(counted, range(1, 9));
}

TEST(StreamzRows, row_050_flatten_emits_nothing_for_an_empty_list) {
  Rows rows;
  auto& lists = rows.source<Ints>("lists");
  const auto& seen = rows.collect(lists.stream().flatten());
  rows.run(lists, {{1, 2}, {}, {3, 4}});
  EXPECT_EQ(seen, (Ints{1, 2, 3, 4}));
}

TEST(StreamzRows, row_051_flatten_takes_any_range_and_of_a_map_its_entries) {
  Rows rows;
  auto& texts = rows.source<std::string>("texts");
  auto& maps = rows.source<std::map<char, int>>("maps");
  const auto& letters = rows.collect(texts.stream().flatten());
  const auto& keys = rows.collect(maps.stream().flatten().map([](const auto& entry) { return entry.first; }));
  rows.run(texts, {"abc"});
  rows.run(maps, {{{'k', 1}}});
  EXPECT_EQ(letters, (std::vector<char>{'a', 'b', 'c'}));
  EXPECT_EQ(keys, (std::vector<char>{'k'}));
}

TEST(StreamzRows, row_060_pluck_takes_one_item_and_reports_an_element_that_has_none) {
  Rows rows;
  auto& lists = rows.source<Ints>("lists");
  const auto& seen = rows.collect(lists.stream().pluck(1));
  rows.run(lists, {{1, 2, 3}, {4, 5, 6, 7, 8, 9}, {1}});
  EXPECT_EQ(seen, (Ints{2, 5}));
  ASSERT_EQ(rows.graph.errors().total(), 1U);
  EXPECT_EQ(rows.graph.errors().recent().front().node, "pluck");
}

TEST(StreamzRows, row_061_pluck_takes_several_items_and_reports_an_element_that_lacks_one) {
  Rows rows;
  auto& lists = rows.source<Ints>("lists");
  const auto& seen = rows.collect(lists.stream().pluck(Ints{0, 2}));
  rows.run(lists, {{1, 2, 3}, {4, 5, 6, 7, 8, 9}, {1}});
  EXPECT_EQ(seen, (Lists{{1, 3}, {4, 6}}));
  EXPECT_EQ(rows.graph.errors().total(), 1U);
}

TEST(StreamzRows, row_062_pluck_takes_several_values_of_a_map) {
  Rows rows;
  auto& maps = rows.source<std::map<std::string, int>>("maps");
  const auto& seen = rows.collect(maps.stream().pluck(Strings{"a", "b"}));
  rows.run(maps, {{{"a", 1}, {"b", 2}}});
  EXPECT_EQ(seen, (Lists{{1, 2}}));
}

TEST(StreamzRows, row_092_a_sink_has_a_name_and_takes_arguments_as_captures) {
  Rows rows;
  Ints seen;
  std::string key;
  Node& sink = rows.a.stream().sink(
      [&, suffix = std::string("cat"), prefix = std::string("super")](int x) {
        key = prefix + suffix;
        seen.push_back(x);
      },
      "test");
  rows.run({1, 2});
  EXPECT_EQ(seen, (Ints{1, 2}));
  EXPECT_EQ(key, "supercat");
  EXPECT_EQ(sink.name(), "test");
}

struct Point {
  int x;
};

TEST(StreamzRows, row_095_a_batch_is_a_vector_that_map_reduces_and_accumulate_adds_up) {
  Rows rows;
  auto& batches = rows.source<std::vector<Point>>("batches");
  const auto& sums = rows.collect(batches.stream()
                                      .map([](const std::vector<Point>& batch) {
                                        int sum = 0;
                                        for (const Point& point : batch) sum += increment(point.x);
                                        return sum;
                                      })
                                      .accumulate(add));
  rows.run(batches, {{{0}, {1}, {2}, {3}}});
  EXPECT_EQ(sums, (Ints{10}));
}

TEST(StreamzRows, row_096_the_elements_of_batches_are_filtered_one_by_one) {
  Rows rows;
  auto& batches = rows.source<Ints>("batches");
  const auto& seen = rows.collect(batches.stream().flatten().filter(is_even));
  rows.run(batches, {{1, 2, 3, 4}, {5, 6}});
  EXPECT_EQ(seen, (Ints{2, 4, 6}));
}

}  // namespace
}  // namespace annulus::testing
