// SPDX-License-Identifier: BSD-3-Clause
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "operators/stream/sinks.hpp"
#include "operators/stream/sources.hpp"
#include "tests/probe.hpp"

namespace annulus {
namespace {

using Ints = std::vector<int>;

TEST(FromQueue, takes_from_many_threads_until_the_queue_is_closed) {
  Graph graph;
  const auto queue = std::make_shared<StreamQueue<int>>(4);
  const auto numbers = from_queue(graph, queue);
  const auto list = sink_to_list(numbers);
  graph.start();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) EXPECT_TRUE(queue->push(1));
    });
  }
  for (std::thread& thread : threads) thread.join();
  queue->close();
  EXPECT_TRUE(producer_of(numbers).wait_until_finished());
  EXPECT_EQ(list.size(), 2000U);
  EXPECT_FALSE(queue->push(1));
  EXPECT_FALSE(queue->try_push(1));
}

TEST(FromQueue, is_bounded_and_keeps_its_elements_over_a_stop_by_hand) {
  Graph graph;
  const auto queue = std::make_shared<StreamQueue<int>>(2);
  const auto numbers = from_queue(graph, queue, {.begin = Begin::by_hand});
  const auto list = sink_to_list(numbers);
  graph.start();
  EXPECT_TRUE(queue->try_push(1));
  EXPECT_TRUE(queue->try_push(2));
  EXPECT_FALSE(queue->try_push(3));
  producer_of(numbers).start_source();
  EXPECT_TRUE(queue->push(3));
  queue->close();
  EXPECT_TRUE(producer_of(numbers).wait_until_finished());
  EXPECT_EQ(list.values(), (Ints{1, 2, 3}));
}

TEST(FromQueue, a_stop_of_the_graph_wakes_who_pushes_and_counts_what_is_left) {
  Graph graph;
  const auto queue = std::make_shared<StreamQueue<int>>(1);
  const auto numbers = from_queue(graph, queue, {.begin = Begin::by_hand, .name = "queue"});
  numbers.sink([](int) {});
  graph.start();
  EXPECT_TRUE(queue->push(1));
  std::thread pusher([&] { EXPECT_FALSE(queue->push(2)); });
  graph.stop();
  pusher.join();
  EXPECT_EQ(producer_of(numbers).dropped(), 1U);
  EXPECT_NE(testing::errors_of(graph).find("queue: 1 elements were left"), std::string::npos);
}

TEST(FromQueue, an_idle_source_stops_and_starts_at_once) {
  Graph graph;
  const auto queue = std::make_shared<StreamQueue<int>>(1);
  const auto numbers = from_queue(graph, queue);
  const auto list = sink_to_list(numbers);
  graph.start();
  for (int i = 0; i < 100; ++i) {
    producer_of(numbers).stop_source();
    producer_of(numbers).start_source();
  }
  EXPECT_TRUE(queue->push(1));
  queue->close();
  EXPECT_TRUE(producer_of(numbers).wait_until_finished());
  EXPECT_EQ(list.values(), (Ints{1}));
}

}  // namespace
}  // namespace annulus
