// SPDX-License-Identifier: BSD-3-Clause
#include "operators/stream/graph.hpp"

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

#include "operators/stream/registry.hpp"
#include "operators/stream/stream.hpp"
#include "tests/probe.hpp"

namespace annulus {
namespace {

using testing::message_of;

class Echo final : public Node {
 public:
  using Node::Node;
  In<int> in{*this, "in", &Echo::on_element};
  Out<int> out{*this, "out"};
  Param<int> gain{*this, "gain", 3, "how loud", at_least(1), "dB"};
  Param<double> limit{*this, "limit", required, "largest value"};
  bool refuse = false;
  std::string life;

 private:
  void init() override {
    if (refuse) throw ConfigError("no");
    life += "i";
  }
  void start() override { life += "s"; }
  void close() override { life += "c"; }
  void on_element(const int& x, const Context& context) { out.emit(x, context); }
};

TEST(Graph, refuses_to_connect_different_types_and_names_both_ends) {
  Graph graph;
  auto& text = graph.make<Source<std::string>>("text");
  auto& echo = graph.make<Echo>("echo");
  EXPECT_EQ(message_of([&] { graph.connect(text.out(), echo.in); }),
            "text.out -> echo.in: cannot connect (the output yields std::__cxx11::basic_string<char>, the input "
            "takes int)");
}

TEST(Graph, refuses_a_second_connection_of_the_same_ends) {
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  auto& echo = graph.make<Echo>("echo");
  graph.connect(source.out(), echo.in);
  EXPECT_NE(message_of([&] { graph.connect(source.out(), echo.in); }).find("connected twice"), std::string::npos);
}

TEST(Graph, refuses_a_second_subscriber_of_a_type_that_cannot_be_copied) {
  Graph graph;
  auto& source = graph.make<Source<std::unique_ptr<int>>>("source");
  source.stream().sink([](std::unique_ptr<int>) {}, "first");
  EXPECT_NE(message_of([&] { source.stream().sink([](std::unique_ptr<int>) {}, "second"); }).find("cannot be copied"),
            std::string::npos);
}

TEST(Graph, refuses_two_nodes_of_one_name) {
  Graph graph;
  graph.make<Echo>("echo");
  EXPECT_THROW(graph.make<Echo>("echo"), ConfigError);
  EXPECT_EQ(graph.free_name("echo"), "echo-2");
}

TEST(Graph, lists_all_mistakes_of_the_wiring) {
  Graph graph;
  auto& a = graph.make<Echo>("a");
  auto& b = graph.make<Echo>("b");
  graph.make<Echo>("c");
  graph.connect(a.out, b.in);
  graph.connect(b.out, a.in);
  const auto mistakes = graph.check();
  ASSERT_EQ(mistakes.size(), 2U);
  EXPECT_EQ(mistakes[0].node->name(), "c");
  EXPECT_EQ(mistakes[1].input, nullptr);
  EXPECT_EQ(message_of([&] { graph.start(); }),
            "c: input 'in' is not connected (it takes int) name a node for it with 'in'\n"
            "a: a -> b -> a is a circle (an element would go round for ever) remove one connection, or "
            "close it at the 'back' input of a loop");
}

TEST(Graph, takes_nodes_through_their_life_once) {
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  auto& echo = graph.make<Echo>("echo");
  graph.connect(source.out(), echo.in);
  graph.start();
  graph.stop();
  graph.stop();
  EXPECT_EQ(echo.life, "isc");
}

TEST(Graph, a_node_that_cannot_start_refuses_the_start) {
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  auto& echo = graph.make<Echo>("echo");
  graph.connect(source.out(), echo.in);
  echo.refuse = true;
  EXPECT_EQ(message_of([&] { graph.start(); }), "no");
}

TEST(Graph, abort_makes_the_sources_refuse) {
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  source.stream().sink([](int) { throw std::runtime_error("broken"); }, "sink");
  graph.find("sink")->set_error_policy(ErrorPolicy::abort);
  graph.start();
  EXPECT_TRUE(source.emit(1));
  EXPECT_FALSE(source.emit(2));
  EXPECT_TRUE(graph.aborted());
  EXPECT_EQ(graph.abort_reason(), "sink: broken");
}

TEST(Registry, makes_and_describes_node_types) {
  Registry registry;
  registry.add<Echo>("echo", Category::op, "Repeats what it hears.");
  ASSERT_NE(registry.find("echo"), nullptr);
  EXPECT_EQ(registry.find("nothing"), nullptr);
  EXPECT_EQ(registry.find("echo")->make("e")->type(), "echo");
  EXPECT_EQ(describe(*registry.find("echo")),
            "### echo\n\nRepeats what it hears.\n\n"
            "- input `in`: int\n- output `out`: int\n\n"
            "| parameter | type | default | meaning |\n|---|---|---|---|\n"
            "| `gain` | integer | `3` | how loud [dB] (at least 1) |\n"
            "| `limit` | number | **required** | largest value |\n");
  EXPECT_THROW(registry.add<Echo>("echo", Category::op, ""), std::logic_error);
}

TEST(Graph, refuses_to_be_stopped_from_inside_and_can_still_be_stopped) {
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  source.stream().buffer(4).sink([](int) {});
  source.stream().sink([&](int) { graph.stop(); });
  graph.start();
  source.emit(1);
  graph.stop();
  EXPECT_EQ(testing::errors_of(graph),
            "sink-2: the graph is stopped from inside the graph (it could wait for itself) do so from outside\n");
}

}  // namespace
}  // namespace annulus
