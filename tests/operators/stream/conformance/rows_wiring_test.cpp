// SPDX-License-Identifier: BSD-3-Clause
#include <stdexcept>

#include "operators/data/error.hpp"

#include "tests/operators/stream/conformance/rows.hpp"

namespace annulus::testing {
namespace {

using Lists = std::vector<Ints>;

/// One more input of a list join.
template <template <class> class Rule>
In<int>& one_more_input(const Stream<Ints>& join) {
  return static_cast<ListJoin<Rule, int>&>(join.node()).add_input();
}

int reciprocal(int x) { return x == 0 ? throw std::domain_error("1/0") : 1 / x; }

TEST(StreamzRows, row_069_a_stream_is_connected_to_one_that_was_built_before) {
  Rows rows;
  auto& down = rows.graph.make<Union<int>>("down");
  const auto& seen = rows.collect(Stream<int>(rows.graph, down.out()).map(increment));
  rows.a.stream().connect(down.in());
  rows.run({2, 4});
  EXPECT_EQ(seen, (Ints{3, 5}));
}

TEST(StreamzRows, row_070_a_stream_is_connected_to_a_union) {
  Rows rows;
  const auto both = rows.b.stream().union_with(rows.c.stream());
  rows.a.stream().connect(both.input<int>("in"));
  const auto& seen = rows.collect(both.map(increment));
  rows.run({2, 4});
  EXPECT_EQ(seen, (Ints{3, 5}));
}

TEST(StreamzRows, row_071_what_comes_while_there_is_no_connection_does_not_arrive) {
  Rows rows;
  auto& down = rows.graph.make<Union<int>>("down");
  rows.b.stream().connect(down.in());
  const auto& seen = rows.collect(Stream<int>(rows.graph, down.out()));
  rows.run({1});
  rows.a.stream().connect(down.in());
  rows.run({2, 3});
  rows.a.stream().disconnect(down.in());
  rows.run({4});
  EXPECT_EQ(seen, (Ints{2, 3}));
}

TEST(StreamzRows, row_072_a_zip_grows_by_a_stream) {
  Rows rows;
  const auto zipped = zip(std::vector{rows.a.stream(), rows.b.stream()});
  const auto& seen = rows.collect(zipped);
  rows.start();
  rows.c.stream().connect(one_more_input<Zip>(zipped));
  rows.run(rows.a, {1});
  rows.run(rows.b, {1});
  EXPECT_EQ(seen, Lists{});
  rows.run(rows.c, {1});
  EXPECT_EQ(seen, (Lists{{1, 1, 1}}));
}

TEST(StreamzRows, row_073_a_zip_shrinks_by_a_stream) {
  Rows rows;
  const auto zipped = zip(std::vector{rows.a.stream(), rows.b.stream(), rows.c.stream()});
  const auto& seen = rows.collect(zipped);
  rows.start();
  rows.b.stream().disconnect(zipped.input<int>("in1"));
  rows.run(rows.a, {1});
  rows.run(rows.b, {1});
  EXPECT_EQ(seen, Lists{});
  rows.run(rows.c, {1});
  EXPECT_EQ(seen, (Lists{{1, 1}}));
}

TEST(StreamzRows, row_074_a_combine_latest_grows_by_a_stream) {
  Rows rows;
  const auto combined = combine_latest(std::vector{rows.a.stream(), rows.b.stream()}, {0});
  const auto& seen = rows.collect(combined);
  rows.start();
  rows.c.stream().connect(one_more_input<CombineLatest>(combined));
  rows.run(rows.b, {1});
  rows.run(rows.c, {1});
  rows.run(rows.a, {1});
  EXPECT_EQ(seen, (Lists{{1, 1, 1}}));
}

TEST(StreamzRows, row_075_a_combine_latest_shrinks_by_a_stream) {
  Rows rows;
  const auto combined = combine_latest(std::vector{rows.a.stream(), rows.b.stream(), rows.c.stream()}, {0});
  const auto& seen = rows.collect(combined);
  rows.start();
  rows.c.stream().disconnect(combined.input<int>("in2"));
  rows.run(rows.b, {1});
  rows.run(rows.c, {1});
  rows.run(rows.a, {1});
  EXPECT_EQ(seen, (Lists{{1, 1}}));
}

TEST(StreamzRows, row_076_a_stream_that_leaves_a_combine_latest_takes_its_value_along) {
  Rows rows;
  const auto combined = combine_latest(std::vector{rows.a.stream(), rows.b.stream()});
  const auto& seen = rows.collect(combined);
  rows.run(rows.a, {1});
  rows.run(rows.b, {2});
  rows.a.stream().disconnect(combined.input<int>("in0"));
  rows.run(rows.b, {3});
  EXPECT_EQ(seen, (Lists{{1, 2}, {3}}));
  EXPECT_EQ(rows.a.unacknowledged(), 0U);
  rows.a.stream().connect(combined.input<int>("in0"));
  rows.run(rows.b, {4});
  EXPECT_EQ(seen, (Lists{{1, 2}, {3}})) << "nothing has come over the new edge";
  rows.run(rows.a, {5});
  EXPECT_EQ(seen, (Lists{{1, 2}, {3}, {5, 4}}));
  EXPECT_EQ(rows.graph.errors().total(), 0U);
}

TEST(StreamzRows, row_077_a_zip_goes_on_when_the_stream_that_it_waits_for_leaves) {
  Rows rows;
  const auto zipped = zip(std::vector{rows.a.stream(), rows.b.stream(), rows.c.stream()});
  const auto& seen = rows.collect(zipped);
  rows.run(rows.a, {1, 2});
  rows.run(rows.c, {10, 20});
  EXPECT_EQ(seen, Lists{});
  rows.b.stream().disconnect(zipped.input<int>("in1"));
  EXPECT_EQ(seen, (Lists{{1, 10}, {2, 20}}));
  rows.run(rows.a, {3});
  rows.run(rows.c, {30});
  EXPECT_EQ(seen, (Lists{{1, 10}, {2, 20}, {3, 30}}));
}

TEST(StreamzRows, row_079_a_stream_that_was_destroyed_can_be_connected_again) {
  Rows rows;
  const auto same = rows.a.stream().map(Identity{});
  const auto& seen = rows.collect(same);
  rows.start();
  same.destroy();
  rows.run(rows.a, {1});
  rows.b.stream().connect(same.input<int>("in"));
  rows.run(rows.b, {2});
  EXPECT_EQ(seen, (Ints{2}));
}

TEST(StreamzRows, row_080_destroy_takes_the_edges_from_above_away) {
  Rows rows;
  const auto more = rows.a.stream().map(increment);
  const auto& seen = rows.collect(more);
  rows.run({1});
  more.destroy();
  rows.run({2});
  EXPECT_EQ(seen, (Ints{2}));
  EXPECT_TRUE(rows.a.out().subscribers().empty());
  EXPECT_TRUE(more.input<int>("in").upstreams().empty());
}

TEST(StreamzRows, row_081_taking_away_an_edge_that_is_not_there_is_refused) {
  Rows rows;
  const auto more = rows.a.stream().map(increment);
  EXPECT_EQ(message_of([&] { rows.b.stream().disconnect(more.input<int>("in")); }),
            "b.out -> map.in: there is no such connection");
}

TEST(StreamzRows, row_082_a_second_edge_between_two_nodes_is_refused_and_the_first_stays) {
  Rows rows;
  const auto same = rows.a.stream().map(Identity{});
  const auto& seen = rows.collect(same);
  EXPECT_THROW(rows.a.stream().connect(same.input<int>("in")), ConfigError);
  rows.run({1});
  EXPECT_EQ(seen, (Ints{1}));
}

TEST(StreamzRows, row_083_elements_go_round_a_circle_until_a_filter_stops_them) {
  Rows rows;
  const auto circle = rows.a.stream().loop();
  const auto& seen = rows.collect(circle.stream.unique());
  circle.stream.filter([](int x) { return x < 4; }).map(increment).connect(circle.back);
  rows.run({0});
  rows.graph.stop();
  EXPECT_EQ(seen, (Ints{0, 1, 2, 3, 4}));
}

TEST(StreamzRows, row_085_an_exception_in_a_map_is_reported_and_not_thrown_at_the_sender) {
  Rows rows;
  const auto& seen = rows.collect(rows.a.stream().map(reciprocal));
  rows.start();
  EXPECT_TRUE(rows.a.emit(0));
  EXPECT_EQ(errors_of(rows.graph), "map: 1/0\n");
  rows.run({1});
  EXPECT_EQ(seen, (Ints{1}));
}

TEST(StreamzRows, row_086_an_exception_in_accumulate_is_reported_and_not_thrown_at_the_sender) {
  Rows rows;
  const auto divide = [](int x, int y) { return y == 0 ? throw std::domain_error("by zero") : x / y; };
  const auto& seen = rows.collect(rows.a.stream().accumulate(divide));
  rows.run({1, 0});
  EXPECT_EQ(seen, (Ints{1}));
  EXPECT_EQ(errors_of(rows.graph), "accumulate: by zero\n");
}

TEST(StreamzRows, row_087_an_exception_in_one_branch_takes_nothing_from_the_others) {
  Rows rows;
  std::string order;
  const auto note = [&order](const char* sink) {
    return [&order, sink](int x) { order += sink + std::to_string(x) + " "; };
  };
  rows.a.stream().sink(note("A"));
  rows.a.stream().map(reciprocal).sink(note("B"));
  rows.a.stream().sink(note("C"));
  rows.run({0, 1});
  EXPECT_EQ(order, "A0 C0 A1 B1 C1 ");
  EXPECT_EQ(rows.graph.errors().total(), 1U);
}

/// A source that emits nothing, and knows whether it may.
class Switched final : public SourceNode {
 public:
  using SourceNode::SourceNode;
  void start_source() override { on_ = true; }
  void stop_source() override { on_ = false; }
  [[nodiscard]] bool producing() const override { return on_; }
  [[nodiscard]] Out<int>& out() noexcept { return out_; }

 private:
  bool on_ = false;
  Out<int> out_{*this, "out"};
};

TEST(StreamzRows, row_089_start_and_stop_reach_the_sources_above) {
  Graph graph;
  auto& left = graph.make<Switched>("left");
  auto& right = graph.make<Switched>("right");
  auto& apart = graph.make<Switched>("apart");
  const auto joined =
      Stream<int>(graph, left.out()).map(increment).union_with(Stream<int>(graph, right.out())).map(increment);
  joined.start();
  EXPECT_TRUE(left.producing() && right.producing());
  EXPECT_FALSE(apart.producing());
  joined.stop();
  EXPECT_FALSE(left.producing() || right.producing());
}

}  // namespace
}  // namespace annulus::testing
