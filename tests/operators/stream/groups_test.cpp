// SPDX-License-Identifier: BSD-3-Clause
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "operators/stream/stream.hpp"
#include "tests/probe.hpp"

namespace annulus {
namespace {

using testing::message_of;
using testing::Probe;

int parity(int x) { return x % 2; }
int refuse(int) { throw std::runtime_error("refused"); }

struct Grouped {
  Graph graph;
  Source<int>& source = graph.make<Source<int>>("source");
  std::string seen;

  template <class T>
  void watch(const Stream<T>& stream) {
    stream.sink([this](const T& element) { seen += fmt::format("{} ", element); });
    graph.start();
  }
  void emit(const RunPtr& run, std::initializer_list<int> values) {
    for (const int x : values) source.emit(x, run, position_++);
  }
  std::uint64_t position_ = 0;
};

TEST(Groups, keep_their_own_state_and_flush_it_at_the_end_of_the_run) {
  Grouped g;
  g.watch(g.source.stream().group_by(parity).partition(2).ungroup());
  const RunPtr run = g.graph.begin_run("r");
  g.emit(run, {1, 2, 3, 5, 4});
  EXPECT_EQ(g.seen, "[1, 3] [2, 4] ");
  g.graph.end_run(run);
  EXPECT_EQ(g.seen, "[1, 3] [2, 4] [5] ");
}

TEST(Groups, of_concurrent_runs_never_mix) {
  Grouped g;
  g.watch(g.source.stream().group_by(parity).partition(2).ungroup());
  const RunPtr one = g.graph.begin_run("one");
  const RunPtr two = g.graph.begin_run("two");
  g.emit(one, {1});
  g.emit(two, {11});
  g.emit(one, {3});
  g.emit(two, {13});
  EXPECT_EQ(g.seen, "[1, 3] [11, 13] ");
}

TEST(Groups, are_runs_for_the_operators_below) {
  Grouped g;
  auto& probe = g.graph.make<Probe<int>>();
  g.graph.connect(g.source.stream().group_by(parity).out(), *probe.inputs().front());
  g.graph.start();
  const RunPtr run = g.graph.begin_run("r");
  g.emit(run, {1, 2});
  g.graph.end_run(run);
  EXPECT_EQ(probe.log(), "[r [r/1 0 [r/0 1 ]r/1 success ]r/0 success ]r success");
}

TEST(Groups, end_with_their_last_element) {
  Grouped g;
  g.watch(g.source.stream().group_by(parity, [](int x) { return x > 10; }).partition(5).ungroup());
  const RunPtr run = g.graph.begin_run("r");
  g.emit(run, {1, 2, 11, 3});
  EXPECT_EQ(g.seen, "[1, 11] ");
  g.graph.end_run(run);
  EXPECT_EQ(g.seen, "[1, 11] [2] [3] ");
}

TEST(Groups, end_when_there_are_too_many) {
  Grouped g;
  const auto itself = [](int x) { return x; };
  g.watch(g.source.stream().group_by(itself, Never{}, {.max_groups = 2}).partition(5).ungroup());
  const RunPtr run = g.graph.begin_run("r");
  g.emit(run, {1, 2, 1, 3});
  EXPECT_EQ(g.seen, "[2] ") << "the group that rested longest";
}

TEST(Groups, by_run_are_called_after_it) {
  struct Doc {
    std::string uid;
    bool stop;
  };
  Graph graph;
  auto& source = graph.make<Source<Doc>>("documents");
  auto& probe = graph.make<Probe<Doc>>();
  const auto runs =
      source.stream().group_by_run([](const Doc& d) { return d.uid; }, [](const Doc& d) { return d.stop; });
  graph.connect(runs.out(), *probe.inputs().front());
  graph.start();
  for (const Doc& doc : {Doc{"x", false}, Doc{"y", false}, Doc{"x", true}, Doc{"y", true}}) source.emit(doc);
  EXPECT_EQ(probe.log(), "[ [x 0 [y 1 2 ]x success 3 ]y success");
}

TEST(Groups, may_be_nested) {
  Grouped g;
  const auto inner = g.source.stream().group_by(parity).group_by([](int x) { return x > 10; }).partition(2).ungroup();
  g.watch(inner
              .accumulate([](std::vector<int> all, const std::vector<int>& part) {
                all.insert(all.end(), part.begin(), part.end());
                return all;
              })
              .ungroup());
  const RunPtr run = g.graph.begin_run("r");
  g.emit(run, {1, 3, 12, 11, 13, 14});
  EXPECT_EQ(g.seen, "[1, 3] [1, 3, 11, 13] [12, 14] ");
}

TEST(Groups, fail_with_their_run) {
  Grouped g;
  g.watch(g.source.stream().group_by(parity).map(refuse).on_error(ErrorPolicy::fail_run));
  const RunPtr run = g.graph.begin_run("r");
  g.emit(run, {1});
  EXPECT_TRUE(run->failed());
  EXPECT_EQ(run->reason(), "map: refused");
}

TEST(Groups, cannot_be_joined_with_what_is_outside) {
  Grouped g;
  g.source.stream().group_by(parity).zip(g.source.stream()).sink([](const std::tuple<int, int>&) {});
  EXPECT_EQ(message_of([&] { g.graph.start(); }),
            "zip: elements of groups and elements outside of them come together (state is kept by group, so they would "
            "never meet) end the groups before with ungroup");
}

TEST(Ungroup, needs_a_group_by_above) {
  Grouped g;
  EXPECT_EQ(message_of([&] { g.source.stream().map(parity).ungroup(); }),
            "map: there are no groups to end here (no group_by above)");
}

TEST(Loop, goes_round_until_a_filter_ends_it) {
  Grouped g;
  const auto [around, back] = g.source.stream().loop();
  around.filter([](int x) { return x < 4; }).map([](int x) { return x + 1; }).connect(back);
  g.watch(around);
  g.source.emit(0);
  g.graph.stop();
  EXPECT_EQ(g.seen, "0 1 2 3 4 ");
}

TEST(Loop, may_have_threads_and_small_queues_inside) {
  Grouped g;
  const auto [around, back] = g.source.stream().loop(2);
  around.buffer(1)
      .parallel_map([](int x) { return x + 1; }, 2)
      .filter([](int x) { return x % 50 != 0; })
      .buffer(1)
      .connect(back);
  auto& probe = g.graph.make<Probe<int>>();
  g.graph.connect(around.out(), *probe.inputs().front());
  g.graph.start();
  const RunPtr run = g.graph.begin_run("r");
  g.emit(run, {0, 50, 100, 150, 200});
  g.graph.end_run(run);
  ASSERT_TRUE(probe.sees("]r success"));
  EXPECT_EQ(probe.elements().size(), 250U) << "the end of the run waits for what is on its way round";
}

TEST(Loop, takes_from_several_threads_and_counts_all) {
  Graph graph;
  auto& a = graph.make<Source<int>>("a");
  auto& b = graph.make<Source<int>>("b");
  auto& loop = graph.make<Loop<int>>("loop", 1);
  a.stream().connect(loop.in());
  b.stream().connect(loop.in());
  const Stream<int> around(graph, loop.out());
  around.filter([](int x) { return x < 3; }).map([](int x) { return x + 1; }).connect(loop.back());
  graph.start();
  std::thread sender([&] {
    for (int i = 0; i < 200; ++i) a.emit(0);
  });
  for (int i = 0; i < 200; ++i) b.emit(0);
  sender.join();
  graph.stop();
  EXPECT_EQ(loop.received(), 1600U) << "400 that go round three times";
  EXPECT_EQ(loop.emitted(), 1600U);
}

TEST(Loop, acknowledges_when_all_that_came_of_an_element_has_left) {
  Grouped g;
  std::string log;
  g.source.on_acknowledge([&](const Acknowledgement&) { log += "done "; });
  const auto [around, back] = g.source.stream().loop();
  around.filter([](int x) { return x < 2; }).map([](int x) { return x + 1; }).connect(back);
  around.sink([&](int x) { log += std::to_string(x) + " "; });
  g.graph.start();
  g.source.emit(0);
  g.graph.stop();
  EXPECT_EQ(log, "0 1 2 done ");
}

TEST(Loop, drops_and_counts_what_a_flush_sends_back_after_the_run) {
  Grouped g;
  const auto [around, back] = g.source.stream().loop();
  around.partition(10).flatten().connect(back);
  g.watch(around);
  g.source.emit(1);
  g.graph.stop();
  EXPECT_EQ(g.seen, "1 ");
  EXPECT_EQ(g.graph.find("loop")->dropped(), 1);
  EXPECT_EQ(testing::errors_of(g.graph), "loop: the element came back after the end of its run\n");
}

}  // namespace
}  // namespace annulus
