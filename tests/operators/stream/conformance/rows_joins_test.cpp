// SPDX-License-Identifier: BSD-3-Clause
#include "tests/operators/stream/conformance/rows.hpp"

namespace annulus::testing {
namespace {

using Pair = std::tuple<int, int>;
using Pairs = std::vector<Pair>;
using Labels = std::vector<std::tuple<int, std::string>>;

/// Rows with a source of texts besides.
struct JoinRows : Rows {
  Source<std::string>& texts = source<std::string>("texts");
};

TEST(StreamzRows, row_031_zip_pairs_what_comes_in_turn) {
  JoinRows rows;
  const auto& seen = rows.collect(zip({}, rows.a.stream(), rows.texts.stream()));
  rows.start();
  rows.a.emit(1);
  rows.texts.emit("a");
  rows.a.emit(2);
  rows.texts.emit("b");
  EXPECT_EQ(seen, (Labels{{1, "a"}, {2, "b"}}));
}

TEST(StreamzRows, row_032_zip_takes_three_streams) {
  Rows rows;
  const auto& seen = rows.collect(rows.a.stream().zip(rows.b.stream(), rows.c.stream()));
  rows.run(rows.a, {1});
  rows.run(rows.b, {2});
  rows.run(rows.c, {3});
  EXPECT_EQ(seen, (std::vector<std::tuple<int, int, int>>{{1, 2, 3}}));
}

TEST(StreamzRows, row_033_zip_takes_values_between_streams) {
  Rows rows;
  const auto& seen = rows.collect(zip({}, rows.a.stream(), literal(123), rows.b.stream()));
  rows.run(rows.a, {1});
  rows.run(rows.b, {2});
  rows.run(rows.a, {4});
  rows.run(rows.b, {5});
  EXPECT_EQ(seen, (std::vector<std::tuple<int, int, int>>{{1, 123, 2}, {4, 123, 5}}));
}

TEST(StreamzRows, row_034_values_keep_their_places_in_a_zip) {
  Rows rows;
  const auto& seen = rows.collect(zip({}, literal(std::string("lit")), rows.a.stream(), literal(7), rows.b.stream()));
  rows.run(rows.a, {1});
  rows.run(rows.b, {2});
  EXPECT_EQ(seen, (std::vector<std::tuple<std::string, int, int, int>>{{"lit", 1, 7, 2}}));
}

TEST(StreamzRows, row_035_zip_takes_one_stream_twice) {
  Rows rows;
  const auto& seen = rows.collect(rows.a.stream().zip(rows.a.stream()));
  rows.run({1, 2});
  EXPECT_EQ(seen, (Pairs{{1, 1}, {2, 2}}));
}

/// x + 1 and x - 1 of the source `a`.
struct Diamond : Rows {
  Stream<int> more = a.stream().map(increment);
  Stream<int> less = a.stream().map([](int x) { return x - 1; });
};

TEST(StreamzRows, row_036_zip_pairs_the_branches_of_one_element) {
  Diamond rows;
  const auto& seen = rows.collect(rows.more.zip(rows.less));
  rows.run({10, 20});
  EXPECT_EQ(seen, (Pairs{{11, 9}, {21, 19}}));
}

TEST(StreamzRows, row_037_combine_latest_of_two_branches_emits_once_for_an_element) {
  Diamond rows;
  const auto& seen = rows.collect(rows.more.combine_latest(rows.less));
  rows.run({10, 20});
  EXPECT_EQ(seen, (Pairs{{11, 9}, {21, 19}}));
}

TEST(StreamzRows, row_038_union_of_two_branches_emits_in_the_order_of_connection) {
  Diamond rows;
  const auto& seen = rows.collect(rows.more.union_with(rows.less));
  rows.run({10, 20});
  EXPECT_EQ(seen, (Ints{11, 9, 21, 19}));
}

TEST(StreamzRows, row_039_combine_latest_emits_at_every_element_once_all_are_there) {
  JoinRows rows;
  const auto numbers = rows.a.stream();
  const auto texts = rows.texts.stream();
  const auto& seen = rows.collect(numbers.combine_latest(texts));
  const auto& on_both = rows.collect(combine_latest({.emit_on = {0, 1}}, numbers, texts));
  rows.run({1, 2});
  rows.texts.emit("a");
  rows.a.emit(3);
  rows.texts.emit("b");
  EXPECT_EQ(seen, (Labels{{2, "a"}, {3, "a"}, {3, "b"}}));
  EXPECT_EQ(on_both, seen);
}

TEST(StreamzRows, row_040_combine_latest_emits_at_the_elements_of_one_stream) {
  JoinRows rows;
  const auto& seen = rows.collect(combine_latest({.emit_on = {0}}, rows.a.stream(), rows.texts.stream()));
  rows.run({1});
  rows.texts.emit("a");
  rows.run({2, 3});
  rows.texts.emit("b");
  rows.run({4});
  EXPECT_EQ(seen, (Labels{{2, "a"}, {3, "a"}, {4, "b"}}));
}

TEST(StreamzRows, row_041_combine_latest_of_a_list_takes_the_number_of_the_stream_that_emits) {
  Rows rows;
  const auto& seen = rows.collect(combine_latest(std::vector{rows.a.stream(), rows.b.stream()}, {0}));
  rows.run({1});
  rows.run(rows.b, {10});
  rows.run({2, 3});
  rows.run(rows.b, {20});
  rows.run({4});
  EXPECT_EQ(seen, (std::vector<Ints>{{2, 10}, {3, 10}, {4, 20}}));
}

TEST(StreamzRows, row_042_the_last_missing_element_emits_only_where_emit_on_says_so) {
  JoinRows rows;
  const auto& seen = rows.collect(combine_latest({.emit_on = {1}}, rows.texts.stream(), rows.b.stream()));
  rows.run(rows.b, {1, 2});
  rows.texts.emit("x");
  rows.run(rows.b, {3});
  EXPECT_EQ(seen, (std::vector<std::tuple<std::string, int>>{{"x", 3}}));
}

using Coloured = std::tuple<int, std::string>;

TEST(StreamzRows, row_043_combine_latest_has_both_items_of_one_element) {
  Rows rows;
  auto& source = rows.source<Coloured>("coloured");
  const auto colours = source.stream().pluck<1>();
  const auto numbers = source.stream().pluck<0>();
  const auto& seen = rows.collect(combine_latest({.emit_on = {0}}, numbers, colours));
  const std::vector<Coloured> elements{{1, "red"}, {2, "blue"}, {3, "green"}};
  rows.run(source, elements);
  EXPECT_EQ(seen, elements);
}

TEST(StreamzRows, row_044_whichever_branch_of_combine_latest_was_connected_first) {
  Rows rows;
  auto& source = rows.source<Coloured>("coloured");
  const auto numbers = source.stream().pluck<0>();
  const auto colours = source.stream().pluck<1>();
  const auto& seen = rows.collect(combine_latest({.emit_on = {0}}, numbers, colours));
  const std::vector<Coloured> elements{{1, "red"}, {2, "blue"}, {3, "green"}};
  rows.run(source, elements);
  EXPECT_EQ(seen, elements);
}

TEST(StreamzRows, row_045_zip_latest_keeps_what_came_before_the_others_and_combine_latest_does_not) {
  JoinRows rows;
  const auto numbers = rows.a.stream();
  const auto texts = rows.texts.stream();
  const auto& zipped = rows.collect(numbers.zip_latest(texts));
  const auto& combined = rows.collect(combine_latest({.emit_on = {0}}, numbers, texts));
  rows.run({1, 2});
  rows.run<std::string>(rows.texts, {"a", "b"});
  rows.run({3});
  EXPECT_EQ(zipped, (Labels{{1, "a"}, {2, "a"}, {3, "b"}}));
  EXPECT_EQ(combined, (Labels{{3, "b"}}));
}

TEST(StreamzRows, row_046_zip_latest_emits_at_once_when_the_others_are_there) {
  JoinRows rows;
  const auto& seen = rows.collect(rows.a.stream().zip_latest(rows.texts.stream()));
  rows.run<std::string>(rows.texts, {"a"});
  rows.run({1, 2, 3});
  rows.texts.emit("b");
  rows.run({4});
  EXPECT_EQ(seen, (Labels{{1, "a"}, {2, "a"}, {3, "a"}, {4, "b"}}));
}

TEST(StreamzRows, row_047_zip_latest_takes_three_streams) {
  JoinRows rows;
  auto& letters = rows.source<char>("letters");
  const auto& seen = rows.collect(rows.a.stream().zip_latest(rows.texts.stream(), letters.stream()));
  rows.run({1});
  rows.run<std::string>(rows.texts, {"I", "II"});
  rows.run({2});
  rows.texts.emit("III");
  rows.run(letters, {'a', 'b'});
  rows.run({3});
  using Triple = std::tuple<int, std::string, char>;
  EXPECT_EQ(seen, (std::vector<Triple>{{1, "III", 'a'}, {2, "III", 'a'}, {3, "III", 'b'}}));
}

TEST(StreamzRows, row_058_union_passes_elements_as_they_come) {
  Rows rows;
  const auto& seen = rows.collect(rows.a.stream().union_with(rows.b.stream(), rows.c.stream()));
  rows.run(rows.a, {1});
  rows.run(rows.b, {2});
  rows.run(rows.a, {3});
  rows.run(rows.c, {4});
  EXPECT_EQ(seen, (Ints{1, 2, 3, 4}));
}

TEST(StreamzRows, row_059_union_of_a_stream_with_itself_delivers_once) {
  Rows rows;
  const auto& seen = rows.collect(rows.a.stream().union_with(rows.a.stream()));
  rows.run({1});
  EXPECT_EQ(seen, (Ints{1}));
}

TEST(StreamzRows, row_078_combine_latest_takes_one_stream_twice) {
  Rows rows;
  const auto& seen = rows.collect(rows.a.stream().combine_latest(rows.a.stream()));
  rows.run({1});
  EXPECT_EQ(seen, (Pairs{{1, 1}}));
}

}  // namespace
}  // namespace annulus::testing
