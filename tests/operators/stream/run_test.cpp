// SPDX-License-Identifier: BSD-3-Clause
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "operators/stream/stream.hpp"

namespace annulus {
namespace {

/// Sums what it gets in a run and emits the sum at the run's end; writes down what it sees.
class Summer final : public Node {
 public:
  using Node::Node;
  In<int> in{*this, "in", &Summer::on_element};
  Out<int> out{*this, "out"};
  std::string log;
  std::string cannot_start = "none";
  bool watch_gaps = false;
  RunLocal<int> sum{*this};

 private:
  void run_started(const Run& run, const Context&) override {
    log += "[" + run.uid();
    if (run.uid() == cannot_start) throw std::runtime_error("cannot start");
  }
  void on_element(const int& x, const Context& context) { sum(context) += x; }
  void run_stopped(const Run& run, const Context& context) override {
    log += "]" + run.uid();
    out.emit(sum(context), context);
  }
  bool wants_gaps() const override { return watch_gaps; }
  void gap(const Signal& signal, const Context& context) override {
    log += " gap " + std::to_string(signal.first) + "-" + std::to_string(signal.last) + " " +
           std::string(name_of(signal.state));
    send_signal(signal, context);
  }
};

struct Pipeline {
  Graph graph;
  Source<int>& source = graph.make<Source<int>>("source");
  Summer& summer = graph.make<Summer>("summer");
  std::vector<int> sums;

  explicit Pipeline(bool start = true) {
    if (!start) return;
    graph.connect(source.out(), summer.in);
    finish_wiring();
  }
  void finish_wiring() {
    Stream<int>(graph, summer.out).sink([this](int x) { sums.push_back(x); });
    graph.start();
  }
};

TEST(Runs, flush_at_their_end_in_band) {
  Pipeline p;
  const RunPtr run = p.graph.begin_run("a");
  p.source.emit(1, run, 0);
  p.source.emit(2, run, 1);
  EXPECT_TRUE(p.sums.empty());
  p.graph.end_run(run);
  EXPECT_EQ(p.sums, std::vector<int>{3});
  EXPECT_EQ(p.summer.log, "[a]a");
  EXPECT_EQ(p.summer.sum.size(), 0U);
}

TEST(Runs, let_nothing_follow_their_stop) {
  Pipeline p(false);
  p.summer.watch_gaps = true;
  p.graph.connect(p.source.out(), p.summer.in);
  p.finish_wiring();
  const RunPtr run = p.graph.begin_run("a");
  p.graph.end_run(run);
  EXPECT_FALSE(p.source.emit(1, run, 0));
  p.source.announce_gap(run, 1, 2, FrameState::lost, "cable");
  EXPECT_EQ(p.summer.log, "[a]a");
  EXPECT_EQ(p.source.dropped(), 1U);
}

TEST(Runs, that_overlap_do_not_mix) {
  Pipeline p;
  const RunPtr a = p.graph.begin_run("a");
  const RunPtr b = p.graph.begin_run("b");
  p.source.emit(1, a, 0);
  p.source.emit(10, b, 0);
  p.source.emit(2, a, 1);
  p.graph.end_run(a);
  p.graph.end_run(b);
  EXPECT_EQ(p.sums, (std::vector<int>{3, 10}));
}

TEST(Runs, open_at_the_stop_of_the_graph_are_aborted_and_flushed) {
  Pipeline p;
  const RunPtr run = p.graph.begin_run("a");
  p.source.emit(5, run, 0);
  p.graph.stop();
  EXPECT_EQ(p.sums, std::vector<int>{5});
  EXPECT_EQ(run->exit_status(), ExitStatus::abort);
}

TEST(Runs, elements_without_a_run_flush_when_the_graph_stops) {
  Pipeline p;
  p.source.emit(5);
  p.source.emit(6);
  p.graph.stop();
  EXPECT_EQ(p.sums, std::vector<int>{11});
}

TEST(Runs, a_joining_node_sees_the_end_once_after_every_participating_source) {
  Pipeline p(false);
  auto& second = p.graph.make<Source<int>>("second");
  auto& bystander = p.graph.make<Source<int>>("bystander");
  p.graph.connect(p.source.out(), p.summer.in);
  p.graph.connect(second.out(), p.summer.in);
  p.graph.connect(bystander.out(), p.summer.in);
  p.finish_wiring();
  const RunPtr run = p.graph.begin_run("a", {&p.source, &second});
  p.source.emit(1, run, 0);
  p.source.finish(run);
  EXPECT_EQ(p.summer.log, "[a");
  second.emit(2, run, 0);
  second.finish(run);
  EXPECT_EQ(p.summer.log, "[a]a");
  EXPECT_EQ(p.sums, std::vector<int>{3});
}

TEST(Runs, both_branches_of_a_diamond_are_waited_for) {
  Pipeline p(false);
  p.graph.connect(p.source.out(), p.summer.in);
  auto doubled = p.source.stream().map([](int x) { return 2 * x; });
  p.graph.connect(doubled.out(), p.summer.in);
  p.finish_wiring();
  const RunPtr run = p.graph.begin_run("a");
  p.source.emit(1, run, 0);
  p.graph.end_run(run);
  EXPECT_EQ(p.sums, std::vector<int>{3});
}

TEST(Runs, a_node_that_cannot_start_one_run_skips_it_and_serves_the_next) {
  Pipeline p;
  p.summer.cannot_start = "bad";
  const RunPtr bad = p.graph.begin_run("bad");
  p.source.emit(1, bad, 0);
  p.graph.end_run(bad);
  const RunPtr good = p.graph.begin_run("good");
  p.source.emit(2, good, 0);
  p.graph.end_run(good);
  EXPECT_EQ(p.sums, std::vector<int>{2});
  EXPECT_EQ(p.graph.errors().total(), 1U);
  EXPECT_EQ(p.summer.dropped(), 1U);
}

TEST(Runs, policy_fail_run_makes_the_source_refuse_the_rest_of_this_run_only) {
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  source.stream().sink(
      [](int x) {
        if (x < 0) throw std::runtime_error("negative");
      },
      "sink");
  graph.find("sink")->set_error_policy(ErrorPolicy::fail_run);
  graph.start();
  const RunPtr a = graph.begin_run("a");
  const RunPtr b = graph.begin_run("b");
  EXPECT_TRUE(source.emit(-1, a, 0));
  EXPECT_FALSE(source.emit(1, a, 1));
  EXPECT_TRUE(source.emit(1, b, 0));
  graph.end_run(a);
  EXPECT_EQ(a->exit_status(), ExitStatus::fail);
  EXPECT_EQ(a->reason(), "sink: negative");
}

TEST(Gaps, mark_failed_and_filtered_elements_where_somebody_watches) {
  Pipeline p(false);
  p.summer.watch_gaps = true;
  auto kept = p.source.stream().filter([](int x) { return x != 3; }).map([](int x) {
    return x == 4 ? throw std::runtime_error("four") : x;
  });
  p.graph.connect(kept.out(), p.summer.in);
  p.finish_wiring();
  const RunPtr run = p.graph.begin_run("a");
  for (int i = 0; i < 6; ++i) p.source.emit(i, run, static_cast<std::uint64_t>(i));
  p.source.announce_gap(run, 6, 9, FrameState::lost, "cable");
  p.graph.end_run(run);
  EXPECT_EQ(p.summer.log, "[a gap 3-3 filtered gap 4-4 failed gap 6-9 lost]a");
  EXPECT_EQ(p.sums, std::vector<int>{8});
}

TEST(Run, nothing_begins_and_no_element_passes_after_the_stop) {
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  auto& summer = graph.make<Summer>("summer");
  graph.connect(source.out(), summer.in);
  graph.start();
  const RunPtr run = graph.begin_run("r");
  EXPECT_TRUE(source.emit(1, run, 0));
  graph.stop();
  const std::string log = summer.log;
  EXPECT_FALSE(source.emit(2));
  const RunPtr late = graph.begin_run("late");
  EXPECT_FALSE(source.emit(3, late, 0));
  EXPECT_EQ(summer.log, log);
  EXPECT_EQ(summer.received(), 1U);
  EXPECT_EQ(source.dropped(), 2U);
}

}  // namespace
}  // namespace annulus
