// SPDX-License-Identifier: BSD-3-Clause
#include "tests/operators/stream/conformance/rows.hpp"

namespace annulus::testing {
namespace {

using Lists = std::vector<Ints>;

int parity(int x) { return x % 2; }

TEST(StreamzRows, row_019_partition_emits_every_n_elements) {
  Rows rows;
  const auto& seen = rows.collect(rows.a.stream().partition(2));
  rows.run(range(0, 10));
  EXPECT_EQ(seen, (Lists{{0, 1}, {2, 3}, {4, 5}, {6, 7}, {8, 9}}));
}

TEST(StreamzRows, row_020_partition_puts_elements_with_one_first_item_together) {
  using Pair = std::pair<int, int>;
  Rows rows;
  auto& pairs = rows.source<Pair>("pairs");
  const auto& seen = rows.collect(pairs.stream().partition(2, [](const Pair& pair) { return pair.first; }));
  rows.run(pairs, {{0, 0}, {1, 1}, {0, 2}, {1, 3}});
  EXPECT_EQ(seen, (std::vector<std::vector<Pair>>{{{0, 0}, {0, 2}}, {{1, 1}, {1, 3}}}));
}

TEST(StreamzRows, row_021_partition_keeps_what_does_not_fill_a_part_of_its_key) {
  Rows rows;
  const auto& seen = rows.collect(rows.a.stream().partition(2, parity));
  rows.run(range(0, 10));
  EXPECT_EQ(seen, (Lists{{0, 2}, {1, 3}, {4, 6}, {5, 7}}));
}

TEST(StreamzRows, row_022_what_a_partition_keeps_comes_out_at_the_end_of_the_run) {
  Rows rows;
  const auto& seen = rows.collect(rows.a.stream().partition(2, parity));
  rows.run({0, 1, 3});
  EXPECT_EQ(seen, (Lists{{1, 3}}));
  rows.graph.stop();
  EXPECT_EQ(seen, (Lists{{1, 3}, {0}}));
}

TEST(StreamzRows, row_023_partition_unique_keeps_the_first_of_equal_elements) {
  Rows rows;
  const auto& seen = rows.collect(rows.a.stream().partition_unique(3));
  rows.run({1, 2, 1, 3, 1, 3, 3, 2});
  EXPECT_EQ(seen, (Lists{{1, 2, 3}, {1, 3, 2}}));
}

TEST(StreamzRows, row_024_partition_unique_keeps_the_last_of_equal_elements_at_its_place) {
  Rows rows;
  const auto& seen = rows.collect(rows.a.stream().partition_unique(3, Identity{}, Keep::last));
  rows.run({1, 2, 1, 3, 1, 3, 3, 2});
  EXPECT_EQ(seen, (Lists{{2, 1, 3}, {1, 3, 2}}));
}

TEST(StreamzRows, row_025_partition_unique_compares_keys) {
  Rows rows;
  auto& words = rows.source<std::string>("words");
  const auto length = [](const std::string& word) { return word.size(); };
  const auto& seen = rows.collect(words.stream().partition_unique(3, length, Keep::last));
  rows.run(words, {"f", "fo", "f", "foo", "f", "foo", "foo", "fo"});
  EXPECT_EQ(seen, (std::vector<Strings>{{"fo", "f", "foo"}, {"f", "foo", "fo"}}));
}

struct Labelled {
  int id;
  std::string label;
  bool operator==(const Labelled&) const = default;
};

using LabelledLists = std::vector<std::vector<Labelled>>;

LabelledLists one_of_each_id(Keep keep) {
  Rows rows;
  auto& source = rows.source<Labelled>("labelled");
  const auto& seen = rows.collect(source.stream().partition_unique(2, [](const Labelled& x) { return x.id; }, keep));
  rows.run(source, {{0, "bar"}, {0, "baz"}, {1, "bat"}});
  return seen;
}

TEST(StreamzRows, row_026_partition_unique_compares_a_member) {
  EXPECT_EQ(one_of_each_id(Keep::first), (LabelledLists{{{0, "bar"}, {1, "bat"}}}));
}

TEST(StreamzRows, row_027_partition_unique_compares_a_member_and_keeps_the_last) {
  EXPECT_EQ(one_of_each_id(Keep::last), (LabelledLists{{{0, "baz"}, {1, "bat"}}}));
}

TEST(StreamzRows, row_028_a_sliding_window_grows_before_it_slides) {
  Rows rows;
  const auto& seen = rows.collect(rows.a.stream().sliding_window(2));
  rows.run(range(0, 10));
  EXPECT_EQ(seen, (Lists{{0}, {0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 6}, {6, 7}, {7, 8}, {8, 9}}));
}

TEST(StreamzRows, row_029_a_sliding_window_can_leave_out_the_short_ones) {
  Rows rows;
  const auto& seen = rows.collect(rows.a.stream().sliding_window(2, SlidingWindow<int>::Partial::leave_out));
  rows.run(range(0, 10));
  EXPECT_EQ(seen, (Lists{{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 6}, {6, 7}, {7, 8}, {8, 9}}));
}

TEST(StreamzRows, row_030_a_sliding_window_comes_when_it_is_full) {
  Rows rows;
  const auto& seen = rows.collect(rows.a.stream().sliding_window(3, SlidingWindow<int>::Partial::leave_out));
  rows.run({0, 1, 2});
  EXPECT_EQ(seen, (Lists{{0, 1, 2}}));
}

TEST(StreamzRows, row_063_collect_lets_go_at_every_flush) {
  Rows rows;
  auto& flush = rows.source<char>("flush");
  const auto& seen = rows.collect(rows.a.stream().collect(flush.stream()));
  rows.run({1, 2});
  rows.run(flush, {'x', 'x'});
  rows.run({3});
  rows.run(flush, {'x'});
  EXPECT_EQ(seen, (Lists{{1, 2}, {}, {3}}));
}

}  // namespace
}  // namespace annulus::testing
