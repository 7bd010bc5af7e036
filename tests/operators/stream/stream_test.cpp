// SPDX-License-Identifier: BSD-3-Clause
#include "operators/stream/stream.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace annulus {
namespace {

TEST(Stream, maps_filters_and_sinks_in_order) {
  Graph graph;
  auto& numbers = graph.make<Source<int>>("numbers");
  std::vector<std::string> seen;
  numbers.stream()
      .map([](int x) { return x * x; })
      .filter([](int x) { return x % 2 == 0; })
      .map([](int x) { return std::to_string(x); })
      .sink([&](const std::string& x) { seen.push_back(x); });
  graph.start();
  for (int i = 1; i <= 5; ++i) EXPECT_TRUE(numbers.emit(i));
  EXPECT_EQ(seen, (std::vector<std::string>{"4", "16"}));
}

TEST(Stream, unique_passes_a_key_again_when_as_many_others_have_come_as_it_remembers) {
  Graph graph;
  auto& source = graph.make<Source<std::string>>("source");
  std::string seen;
  source.stream().unique(2).sink([&](const std::string& x) { seen += x; });
  graph.start();
  for (const char* x : {"a", "b", "a", "c", "a", "b", "c", "b"}) source.emit(x);
  EXPECT_EQ(seen, "abcbc");
}

TEST(Stream, delivers_depth_first_in_the_order_of_connection) {
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  std::string order;
  auto left = source.stream().map([&](int x) { return order += "a", x; });
  left.sink([&](int) { order += "b"; });
  left.sink([&](int) { order += "c"; });
  source.stream().sink([&](int) { order += "d"; });
  graph.start();
  source.emit(1);
  source.emit(2);
  EXPECT_EQ(order, "abcdabcd");
}

TEST(Stream, carries_types_that_can_only_be_moved) {
  Graph graph;
  auto& source = graph.make<Source<std::unique_ptr<int>>>("source");
  int sum = 0;
  source.stream()
      .filter([](const std::unique_ptr<int>& p) { return *p > 1; })
      .buffer(4)
      .sink([&](std::unique_ptr<int> p) { sum += *p; });
  graph.start();
  for (int i = 1; i <= 3; ++i) source.emit(std::make_unique<int>(i));
  graph.stop();
  EXPECT_EQ(sum, 5);
}

TEST(Stream, an_exception_costs_one_element_and_no_sibling) {
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  std::vector<int> good;
  std::vector<int> sibling;
  source.stream()
      .map([](int x) { return x == 2 ? throw std::runtime_error("two is too many") : x; }, "picky")
      .sink([&](int x) { good.push_back(x); });
  source.stream().sink([&](int x) { sibling.push_back(x); });
  graph.start();
  for (int i = 1; i <= 3; ++i) source.emit(i);
  EXPECT_EQ(good, (std::vector<int>{1, 3}));
  EXPECT_EQ(sibling, (std::vector<int>{1, 2, 3}));
  ASSERT_EQ(graph.errors().total(), 1U);
  const ErrorReport error = graph.errors().recent().front();
  EXPECT_EQ(error.node, "picky");
  EXPECT_EQ(error.position, 1U);
  EXPECT_EQ(error.message, "two is too many");
  EXPECT_EQ(graph.find("picky")->errors(), 1U);
}

TEST(Stream, an_error_listener_that_throws_is_dropped) {
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  source.stream().sink([](int) { throw 1; });
  int heard = 0;
  graph.errors().listen([](const ErrorReport&) { throw std::runtime_error("listener"); });
  graph.errors().listen([&](const ErrorReport&) { ++heard; });
  graph.start();
  source.emit(1);
  source.emit(2);
  EXPECT_EQ(heard, 2);
}

TEST(Stream, refuses_an_emission_from_inside_the_graph) {
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  source.stream().sink([&](int x) { source.emit(x); }, "loop");
  graph.start();
  source.emit(1);
  ASSERT_EQ(graph.errors().total(), 1U);
  EXPECT_NE(graph.errors().recent().front().message.find("emission from inside the graph"), std::string::npos);
}

TEST(Stream, refuses_an_emission_before_the_graph_has_started) {
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  int seen = 0;
  source.stream().sink([&](int) { ++seen; });
  EXPECT_THROW(source.emit(1), std::logic_error);
  EXPECT_THROW(graph.begin_run("too early"), std::logic_error);
  graph.start();
  EXPECT_TRUE(source.emit(2));
  EXPECT_EQ(seen, 1);
}

TEST(Stream, counts_what_goes_in_and_out) {
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  source.stream().filter([](int x) { return x > 1; }, "large").sink([](int) {}, "end");
  graph.start();
  for (int i = 0; i < 4; ++i) source.emit(i);
  EXPECT_EQ(graph.find("large")->received(), 4U);
  EXPECT_EQ(graph.find("large")->emitted(), 2U);
  EXPECT_EQ(graph.find("end")->received(), 2U);
}

}  // namespace
}  // namespace annulus
