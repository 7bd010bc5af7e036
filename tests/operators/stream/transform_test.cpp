// SPDX-License-Identifier: BSD-3-Clause
#include "operators/stream/transform.hpp"

#include <atomic>
#include <future>
#include <numeric>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "operators/stream/stream.hpp"

namespace annulus {
namespace {

class Log final : public Node {
 public:
  using Node::Node;
  In<int> in{*this, "in", &Log::on_element};
  std::string log;

 private:
  void run_started(const Run&, const Context&) override { log += "["; }
  void run_stopped(const Run&, const Context&) override { log += "]"; }
  void on_element(const int& x, const Context&) { log += std::to_string(x); }
  bool wants_gaps() const override { return true; }
  void gap(const Signal&, const Context&) override { log += "-"; }
};

TEST(ParallelMap, keeps_the_order_of_elements) {
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  std::vector<int> seen;
  source.stream()
      .parallel_map(
          [](int x) {
            volatile int spin = (x % 7) * 200;  // uneven work, so that results finish out of order
            while (spin > 0) spin = spin - 1;
            return x;
          },
          3)
      .sink([&](int x) { seen.push_back(x); });
  graph.start();
  for (int i = 0; i < 2000; ++i) source.emit(i);
  graph.stop();
  std::vector<int> all(2000);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(seen, all);
}

TEST(ParallelMap, works_on_several_elements_at_once) {
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  std::promise<void> second;
  auto arrived = second.get_future().share();
  std::atomic<int> done{0};
  source.stream()
      .parallel_map(
          [&](int x) {
            if (x == 1) second.set_value();
            if (x == 0) arrived.wait();  // the first can only end while the second is worked on
            return ++done;
          },
          2)
      .sink([](int) {});
  graph.start();
  source.emit(0);
  source.emit(1);
  graph.stop();
  EXPECT_EQ(done, 2);
}

TEST(ParallelMap, keeps_failures_gaps_and_run_boundaries_in_order) {
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  auto& log = graph.make<Log>("log");
  auto mapped = source.stream().parallel_map([](int x) { return x % 3 == 2 ? throw std::runtime_error("no") : x; }, 2);
  graph.connect(mapped.out(), log.in);
  graph.start();
  for (int r = 0; r < 2; ++r) {
    const RunPtr run = graph.begin_run(std::to_string(r));
    for (int i = 0; i < 7; ++i) source.emit(i, run, static_cast<std::uint64_t>(i));
    graph.end_run(run);
  }
  graph.stop();
  EXPECT_EQ(log.log, "[01-34-6][01-34-6]");
  EXPECT_EQ(graph.errors().total(), 4U);
}

TEST(ParallelMap, acknowledges_when_the_result_is_done) {
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  std::atomic<int> acknowledged{0};
  source.on_acknowledge([&](const Acknowledgement&) { ++acknowledged; });
  source.stream().parallel_map([](int x) { return x; }, 2).sink([](int) {});
  graph.start();
  for (int i = 0; i < 100; ++i) source.emit(i);
  graph.stop();
  EXPECT_EQ(acknowledged, 100);
  EXPECT_EQ(source.unacknowledged(), 0U);
}

}  // namespace
}  // namespace annulus
