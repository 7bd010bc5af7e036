// SPDX-License-Identifier: BSD-3-Clause
#include <atomic>
#include <memory>
#include <ranges>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "operators/stream/sinks.hpp"
#include "operators/stream/sources.hpp"
#include "tests/operators/stream/gate.hpp"
#include "tests/probe.hpp"

namespace annulus {
namespace {

using testing::Gate;
using Ints = std::vector<int>;
using Texts = std::vector<std::string>;

TEST(FromIterable, row_151_emits_everything_in_order_and_says_that_it_has_finished) {
  Graph graph;
  int finished = 0;
  const auto numbers = from_iterable(graph, std::views::iota(0, 3));
  const auto list = sink_to_list(numbers);
  producer_of(numbers).on_finished([&] { ++finished; });
  graph.start();
  EXPECT_TRUE(producer_of(numbers).wait_until_finished());
  EXPECT_EQ(list.values(), (Ints{0, 1, 2}));
  EXPECT_EQ(finished, 1);
  EXPECT_TRUE(producer_of(numbers).finished());
  EXPECT_FALSE(producer_of(numbers).producing());
}

TEST(FromIterable, row_151_keeps_one_element_in_flight_beyond_the_delivered) {
  Graph graph;
  Gate gate;
  testing::Changes changes;
  Ints delivered;
  std::atomic<int> pulled{0};
  auto counted = std::views::iota(0, 100) | std::views::transform([&](int i) { return ++pulled, i; });
  const auto numbers = from_iterable(graph, counted, {.window = 1});
  numbers.buffer(100).sink([&](int i) {
    changes.make([&] { delivered.push_back(i); });
    gate.pass();
  });
  graph.start();
  for (int i = 1; i <= 3; ++i) {
    EXPECT_TRUE(changes.wait([&] { return delivered.size() == static_cast<std::size_t>(i); }));
    EXPECT_LE(pulled, i + 1);
    EXPECT_LE(producer_of(numbers).in_flight(), 1U);
    gate.open(1);
  }
  gate.open(100);
  graph.stop();
}

TEST(FromIterable, row_151_halts_at_a_stop_and_goes_on_with_the_next_element) {
  Graph graph;
  Gate gate;
  testing::Changes changes;
  Ints delivered;
  const auto numbers = from_iterable(graph, std::views::iota(0, 10), {.window = 1});
  numbers.buffer(10).sink([&](int i) {
    gate.pass();
    changes.make([&] { delivered.push_back(i); });
  });
  graph.start();
  ProducerNode& source = producer_of(numbers);
  gate.open(4);
  EXPECT_TRUE(changes.wait([&] { return delivered.size() == 4; }));
  source.stop_source();
  EXPECT_FALSE(source.producing());
  EXPECT_FALSE(source.wait_until_finished());
  const std::uint64_t emitted = source.emitted();
  EXPECT_LE(emitted, 5U);
  gate.open(10);
  source.start_source();
  EXPECT_TRUE(source.wait_until_finished());
  graph.stop();
  EXPECT_EQ(delivered, (Ints{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(source.dropped(), 0U);
}

TEST(FromIterable, row_146_goes_on_after_an_exception_downstream) {
  Graph graph;
  const auto numbers = from_iterable(graph, {1, 0, 2});
  const auto list =
      sink_to_list(numbers.map([](int x) { return x == 0 ? throw std::domain_error("division by zero") : 1.0 / x; }));
  graph.start();
  EXPECT_TRUE(producer_of(numbers).wait_until_finished());
  EXPECT_EQ(list.values(), (std::vector<double>{1.0, 0.5}));
  EXPECT_EQ(testing::errors_of(graph), "map: division by zero\n");
}

TEST(FromIterable, row_146_an_exception_of_the_range_costs_one_element) {
  Graph graph;
  auto picky = std::views::iota(0, 4) |
               std::views::transform([](int i) { return i == 1 ? throw std::runtime_error("no one") : i; });
  const auto numbers = from_iterable(graph, picky, {.name = "picky"});
  auto& probe = graph.make<testing::Probe<int>>();
  graph.connect(numbers.out(), *probe.inputs().front());
  graph.start();
  EXPECT_TRUE(producer_of(numbers).wait_until_finished());
  EXPECT_EQ(probe.log(), "[ 0 gap 1-1 failed 2 3");
  EXPECT_EQ(testing::errors_of(graph), "picky: no one\n");
}

struct Broken {
  struct Iterator {
    using value_type = int;
    using difference_type = std::ptrdiff_t;
    int operator*() const { return 7; }
    Iterator& operator++() { throw std::runtime_error("the iterator is broken"); }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return false; }
  };
  Iterator begin() { return {}; }
  std::default_sentinel_t end() { return {}; }
};

TEST(FromIterable, says_that_it_stopped_when_it_cannot_go_on) {
  Graph graph;
  const auto numbers = from_iterable(graph, Broken{}, {.name = "broken"});
  numbers.sink([](int) {});
  graph.start();
  EXPECT_FALSE(producer_of(numbers).wait_until_finished());
  EXPECT_FALSE(producer_of(numbers).producing());
  EXPECT_NE(testing::errors_of(graph).find("broken: the iterator is broken\nbroken: stopped"), std::string::npos);
}

TEST(FromIterable, stops_when_the_run_has_failed) {
  Graph graph;
  const auto numbers = from_iterable(graph, std::views::iota(0), {.name = "endless"});
  numbers.sink([](int i) { i == 3 ? throw std::runtime_error("three") : void(); }, "strict");
  graph.find("strict")->set_error_policy(ErrorPolicy::fail_run);
  graph.start();
  EXPECT_FALSE(producer_of(numbers).wait_until_finished());
  EXPECT_NE(testing::errors_of(graph).find("endless: stopped (the graph takes no more"), std::string::npos);
}

TEST(FromIterable, can_be_stopped_from_inside_the_graph) {
  Graph graph;
  const auto numbers = from_iterable(graph, std::views::iota(0));
  ProducerNode& source = producer_of(numbers);
  const auto list = sink_to_list(numbers);
  numbers.buffer(1).sink([&](int i) { i == 5 ? source.stop_source() : void(); });
  graph.start();
  EXPECT_FALSE(source.wait_until_finished());
  EXPECT_GE(list.size(), 6U);
  EXPECT_EQ(graph.errors().total(), 0U);
}

TEST(FromIterable, begins_by_hand_if_told_so_and_only_in_a_running_graph) {
  Graph graph;
  const auto texts = from_iterable(graph, Texts{"a", "b"}, {.begin = Begin::by_hand});
  const auto list = sink_to_list(texts);
  ProducerNode& source = producer_of(texts);
  EXPECT_THROW(source.start_source(), std::logic_error);
  graph.start();
  EXPECT_FALSE(source.producing());
  EXPECT_FALSE(source.wait_until_finished());
  source.start_source();
  EXPECT_TRUE(source.wait_until_finished());
  EXPECT_EQ(list.values(), (Texts{"a", "b"}));
  source.start_source();  // nothing is left
  EXPECT_TRUE(source.wait_until_finished());
  graph.stop();
  EXPECT_THROW(source.start_source(), std::logic_error);
  EXPECT_EQ(list.size(), 2U);
}

TEST(FromIterable, moves_elements_that_can_only_be_moved) {
  Graph graph;
  std::vector<std::unique_ptr<int>> pointers;
  for (int i = 0; i < 3; ++i) pointers.push_back(std::make_unique<int>(i));
  const auto stream = from_iterable(graph, std::move(pointers));
  int sum = 0;
  stream.sink([&](std::unique_ptr<int> p) { sum += *p; });
  graph.start();
  EXPECT_TRUE(producer_of(stream).wait_until_finished());
  EXPECT_EQ(sum, 3);
}

TEST(FromIterable, survives_starts_and_stops_from_many_threads) {
  Graph graph;
  const auto numbers = from_iterable(graph, std::views::iota(0, 20000), {.window = 2});
  const auto list = sink_to_list(numbers.buffer(4));
  ProducerNode& source = producer_of(numbers);
  graph.start();
  std::vector<std::thread> hands;
  for (int hand = 0; hand < 3; ++hand) {
    hands.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        source.stop_source();
        source.start_source();
      }
    });
  }
  for (std::thread& hand : hands) hand.join();
  source.start_source();
  EXPECT_TRUE(source.wait_until_finished());
  graph.stop();
  const Ints values = list.values();
  ASSERT_EQ(values.size(), 20000U);
  for (int i = 0; i < 20000; ++i) ASSERT_EQ(values[static_cast<std::size_t>(i)], i);
}

TEST(FromIterable, loses_nothing_when_it_is_stopped_while_it_reads_an_element) {
  Graph graph;
  ProducerNode* node = nullptr;
  const auto numbers = from_iterable(graph, std::views::iota(0, 6) | std::views::transform([&](int x) {
                                              if (x == 3 && node != nullptr)
                                                std::exchange(node, nullptr)->stop_source();
                                              return x;
                                            }));
  auto& producer = producer_of(numbers);
  node = &producer;
  Ints seen;
  numbers.sink([&](int x) { seen.push_back(x); });
  graph.start();
  EXPECT_FALSE(producer.wait_until_finished());
  producer.start_source();
  EXPECT_TRUE(producer.wait_until_finished());
  graph.stop();
  EXPECT_EQ(seen, (Ints{0, 1, 2, 3, 4, 5}));
}

TEST(ProducerOf, refuses_what_does_not_produce_by_itself) {
  Graph graph;
  auto& fed = graph.make<Source<int>>("fed");
  EXPECT_EQ(testing::message_of([&] { (void)producer_of(fed.stream()); }),
            "fed: does not produce by itself (it is of another kind) ask the source");
}

}  // namespace
}  // namespace annulus
