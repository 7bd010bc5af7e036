// SPDX-License-Identifier: BSD-3-Clause
#include "operators/stream/buffer.hpp"

#include <future>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "operators/stream/stream.hpp"

namespace annulus {
namespace {

/// A sink that can be held shut, so that a queue before it fills in a known way.
struct Gate {
  std::promise<void> entered;
  std::promise<void> open;
  std::shared_future<void> opened = open.get_future().share();
  bool first = true;
  std::vector<int> seen;
  void operator()(int x) {
    seen.push_back(x);
    if (!std::exchange(first, false)) return;
    entered.set_value();
    opened.wait();
  }
};

class GapLog final : public Node {
 public:
  using Node::Node;
  In<int> in{*this, "in", &GapLog::on_element};
  std::string log;

 private:
  void on_element(const int& x, const Context&) { log += std::to_string(x) + " "; }
  bool wants_gaps() const override { return true; }
  void gap(const Signal& s, const Context&) override {
    log += "(" + std::to_string(s.first) + "-" + std::to_string(s.last) + ") ";
  }
};

struct Overfull {
  Graph graph;
  Source<int>& source = graph.make<Source<int>>("source");
  Gate gate;

  /// Element 0 is at the gate, then 1 to 6 meet a queue of three.
  std::vector<int> run(Overflow overflow) {
    source.stream().buffer(3, overflow).sink([this](int x) { gate(x); });
    graph.start();
    source.emit(0);
    gate.entered.get_future().wait();
    for (int i = 1; i <= 6; ++i) source.emit(i);
    gate.open.set_value();
    graph.stop();
    return gate.seen;
  }
};

TEST(Buffer, drop_oldest_keeps_the_newest_and_counts) {
  Overfull o;
  EXPECT_EQ(o.run(Overflow::drop_oldest), (std::vector<int>{0, 4, 5, 6}));
  EXPECT_EQ(o.graph.find("buffer")->dropped(), 3U);
}

TEST(Buffer, drop_newest_keeps_the_oldest_and_counts) {
  Overfull o;
  EXPECT_EQ(o.run(Overflow::drop_newest), (std::vector<int>{0, 1, 2, 3}));
  EXPECT_EQ(o.graph.find("buffer")->dropped(), 3U);
}

TEST(Buffer, latest_keeps_one) {
  Overfull o;
  EXPECT_EQ(o.run(Overflow::latest), (std::vector<int>{0, 6}));
  EXPECT_EQ(o.graph.find("buffer")->dropped(), 5U);
}

TEST(Buffer, block_loses_nothing_and_keeps_the_order) {
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  std::vector<int> seen;
  source.stream().buffer(3).buffer(2).sink([&](int x) { seen.push_back(x); });
  graph.start();
  for (int i = 0; i < 5000; ++i) source.emit(i);
  graph.stop();
  std::vector<int> all(5000);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(seen, all);
}

TEST(Buffer, block_holds_the_credit_and_lossy_policies_do_not) {
  for (const Overflow overflow : {Overflow::block, Overflow::drop_oldest}) {
    Graph graph;
    auto& source = graph.make<Source<int>>("source");
    Gate gate;
    source.stream().buffer(8, overflow).sink([&](int x) { gate(x); });
    graph.start();
    source.emit(0);
    gate.entered.get_future().wait();
    source.emit(1);
    EXPECT_EQ(source.unacknowledged(), overflow == Overflow::block ? 2U : 0U);
    gate.open.set_value();
    graph.stop();
  }
}

TEST(Buffer, behind_a_lossy_edge_gap_marks_hold_nothing_and_merge) {
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  Gate gate;
  auto& log = graph.make<GapLog>("log");
  auto gated = source.stream().filter([](int x) { return x == 0; }).buffer(2, Overflow::drop_oldest).map([&](int x) {
    return gate(x), x;
  });
  graph.connect(gated.out(), log.in);
  graph.start();
  source.emit(0);
  gate.entered.get_future().wait();
  for (int i = 1; i <= 5; ++i) source.emit(i);
  EXPECT_EQ(source.unacknowledged(), 0U);
  EXPECT_EQ(source.in_flight(), 0U);
  gate.open.set_value();
  graph.stop();
  EXPECT_EQ(log.log, "0 (1-5) ");
}

TEST(Buffer, leaves_gap_marks_that_merge_where_elements_were_dropped) {
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  Gate gate;
  auto& log = graph.make<GapLog>("log");
  auto gated = source.stream().buffer(2, Overflow::drop_oldest).map([&](int x) { return gate(x), x; });
  graph.connect(gated.out(), log.in);
  graph.start();
  source.emit(0);
  gate.entered.get_future().wait();
  for (int i = 1; i <= 5; ++i) source.emit(i);
  gate.open.set_value();
  graph.stop();
  EXPECT_EQ(log.log, "0 (1-3) 4 5 ");
}

TEST(Buffer, passes_run_boundaries_even_when_it_drops_everything_else) {
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  Gate gate;
  std::promise<std::string> closed;
  source.on_run_closed([&](const std::string& uid) { closed.set_value(uid); });
  source.stream().buffer(1, Overflow::drop_newest).sink([&](int x) { gate(x); });
  graph.start();
  const RunPtr run = graph.begin_run("a");
  source.emit(0, run, 0);
  gate.entered.get_future().wait();
  for (std::uint64_t i = 1; i < 9; ++i) source.emit(1, run, i);
  graph.end_run(run);
  gate.open.set_value();
  EXPECT_EQ(closed.get_future().get(), "a");
}

TEST(Buffer, where_threads_meet_handlers_do_not_overlap) {
  Graph graph;
  auto& a = graph.make<Source<int>>("a");
  auto& b = graph.make<Source<int>>("b");
  long sum = 0;  // unprotected on purpose: the graph has to see to it
  auto joined = a.stream().buffer(4).map([](int x) { return x; }, "join");
  graph.connect(b.stream().buffer(4).out(), *static_cast<In<int>*>(graph.find("join")->find_input("in")));
  joined.sink([&](int x) { sum += x; });
  graph.start();
  auto other = std::async(std::launch::async, [&] {
    for (int i = 0; i < 20000; ++i) b.emit(1);
  });
  for (int i = 0; i < 20000; ++i) a.emit(1);
  other.get();
  graph.stop();
  EXPECT_EQ(sum, 40000);
}

}  // namespace
}  // namespace annulus
