// SPDX-License-Identifier: BSD-3-Clause
#include "operators/stream/ticket.hpp"

#include <future>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "operators/stream/stream.hpp"

namespace annulus {
namespace {

struct Acks {
  std::vector<std::uint64_t> good;
  std::vector<std::uint64_t> bad;
  TicketPool::Listener listener() {
    return [this](const Acknowledgement& ack) { (ack.good ? good : bad).push_back(ack.position); };
  }
};

/// Keeps what it gets until told to let go, as an asynchronous writer does.
class Keeper final : public Node {
 public:
  using Node::Node;
  In<int> in{*this, "in", &Keeper::on_element};
  std::vector<Hold> kept;
  bool returns_credit = false;

 private:
  void on_element(const int&, const Context& context) {
    kept.push_back(context.hold());
    if (returns_credit) kept.back().return_credit();
  }
};

TEST(Acknowledgements, come_at_once_from_a_synchronous_chain) {
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  Acks acks;
  source.on_acknowledge(acks.listener());
  source.stream().map([](int x) { return x; }).sink([](int x) {
    if (x == 1) throw std::runtime_error("one");
  });
  graph.start();
  for (int i = 0; i < 3; ++i) source.emit(i);
  EXPECT_EQ(acks.good, (std::vector<std::uint64_t>{0, 2}));
  EXPECT_EQ(acks.bad, (std::vector<std::uint64_t>{1}));
}

TEST(Acknowledgements, wait_for_the_last_holder) {
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  auto& a = graph.make<Keeper>("a");
  auto& b = graph.make<Keeper>("b");
  graph.connect(source.out(), a.in);
  graph.connect(source.out(), b.in);
  Acks acks;
  source.on_acknowledge(acks.listener());
  graph.start();
  source.emit(0);
  source.emit(1);
  a.kept.clear();
  EXPECT_TRUE(acks.good.empty());
  b.kept.pop_back();
  EXPECT_EQ(acks.good, (std::vector<std::uint64_t>{1}));
  EXPECT_EQ(source.unacknowledged(), 1U);
  b.kept.clear();
  EXPECT_EQ(acks.good, (std::vector<std::uint64_t>{1, 0}));
  EXPECT_EQ(source.unacknowledged(), 0U);
}

TEST(Credits, stop_the_source_when_its_window_is_full) {
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  auto& keeper = graph.make<Keeper>("keeper");
  graph.connect(source.out(), keeper.in);
  source.set_window(2);
  graph.start();
  const RunPtr run = graph.begin_run("a");
  EXPECT_TRUE(source.try_emit(1, run, 0));
  EXPECT_TRUE(source.try_emit(2, run, 1));
  EXPECT_FALSE(source.try_emit(3, run, 2));
  auto waiting = std::async(std::launch::async, [&] { return source.emit(3, run, 2); });
  keeper.kept[0].return_credit();
  EXPECT_TRUE(waiting.get());
  EXPECT_EQ(source.in_flight(), 2U);
  keeper.kept.clear();
}

TEST(Credits, given_back_while_the_acknowledgement_is_kept_let_windows_work) {
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  auto& keeper = graph.make<Keeper>("keeper");
  keeper.returns_credit = true;
  graph.connect(source.out(), keeper.in);
  source.set_window(2);
  graph.start();
  const RunPtr run = graph.begin_run("a");
  for (std::uint64_t i = 0; i < 10; ++i) EXPECT_TRUE(source.try_emit(1, run, i));
  EXPECT_EQ(source.in_flight(), 0U);
  EXPECT_EQ(source.unacknowledged(), 10U);
  keeper.kept.clear();
}

TEST(Credits, a_waiting_source_is_released_by_the_stop) {
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  auto& keeper = graph.make<Keeper>("keeper");
  graph.connect(source.out(), keeper.in);
  source.set_window(1);
  graph.start();
  EXPECT_TRUE(source.emit(1));
  auto waiting = std::async(std::launch::async, [&] { return source.emit(2); });
  graph.stop();
  EXPECT_FALSE(waiting.get());
  keeper.kept.clear();
}

TEST(Acknowledgements, may_outlive_the_graph) {
  std::vector<Hold> kept;
  {
    Graph graph;
    auto& source = graph.make<Source<int>>("source");
    auto& keeper = graph.make<Keeper>("keeper");
    graph.connect(source.out(), keeper.in);
    graph.start();
    source.emit(1);
    source.emit(2);
    kept = std::move(keeper.kept);
  }
  EXPECT_EQ(kept.size(), 2U);
  kept.clear();
}

TEST(Runs, are_closed_when_every_branch_has_let_go_of_the_stop) {
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  std::promise<void> go;
  std::shared_future<void> gate = go.get_future().share();
  source.stream().buffer(4).sink([gate](int) { gate.wait(); });
  std::promise<std::string> closed;
  source.on_run_closed([&](const std::string& uid) { closed.set_value(uid); });
  graph.start();
  const RunPtr run = graph.begin_run("a");
  source.emit(1, run, 0);
  graph.end_run(run);
  auto future = closed.get_future();
  EXPECT_EQ(future.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  go.set_value();
  EXPECT_EQ(future.get(), "a");
}

}  // namespace
}  // namespace annulus
