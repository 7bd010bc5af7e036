// SPDX-License-Identifier: BSD-3-Clause
#include "operators/stream/drawing.hpp"

#include <gtest/gtest.h>

#include "operators/stream/stream.hpp"

namespace annulus {
namespace {

class Scale final : public Node {
 public:
  explicit Scale(std::string name) : Node(std::move(name)) { set_type("scale"); }
  Param<int> gain{*this, "gain", 1, "how much"};
  Param<int> offset{*this, "offset", 0, "how much more"};
  In<int> in{*this, "in", &Scale::on_element};
  Out<int> out{*this, "out"};
  Out<std::uint8_t> overrun{*this, "overrun"};

 private:
  void on_element(const int&, const Context&) {}
};

class Screen final : public Node {
 public:
  explicit Screen(std::string name) : Node(std::move(name)) { set_type("screen"); }
  In<int> left{*this, "left", &Screen::on_element, Presence::optional};
  In<int> right{*this, "right", &Screen::on_element, Presence::optional};

 private:
  void on_element(const int&, const Context&) {}
};

/// raw -> scale -> screen.left, raw -> (latest) -> screen.right, raw -> (block 8) -> log
void build(Graph& graph) {
  auto& raw = graph.make<Source<int>>("raw");
  auto& scale = graph.make<Scale>("scale");
  scale.gain.set(Value(3));
  scale.set_error_policy(ErrorPolicy::fail_run);
  auto& screen = graph.make<Screen>("screen");
  auto& lossy = graph.make<Buffer<int>>("lossy", 1, Overflow::latest);
  graph.connect(raw.out(), scale.in);
  graph.connect(scale.out, screen.left);
  graph.connect(raw.out(), lossy.in());
  graph.connect(lossy.out(), screen.right);
  raw.stream().buffer(8, Overflow::block).sink([](int) {}, "log");
}

TEST(Drawing, prints_a_tree_with_settings_and_queues) {
  Graph graph;
  build(graph);
  EXPECT_EQ(print_graph(graph),
            "raw: source\n"
            "├─ int ─> scale: scale\n"
            "│  │  gain: 3, on_error: fail_run\n"
            "│  └─ out: int ─> screen.left: screen\n"
            "├─ int ─> screen.right [latest] (above)\n"
            "└─ int ─> log [block 8]: sink\n");
}

TEST(Drawing, a_circle_is_printed_once) {
  Graph graph;
  auto& a = graph.make<Scale>("a");
  auto& b = graph.make<Scale>("b");
  graph.connect(a.out, b.in);
  graph.connect(b.out, a.in);
  EXPECT_EQ(print_graph(graph), "a: scale\n└─ out: int ─> b: scale\n   └─ out: int ─> a (above)\n");
}

TEST(Drawing, a_circle_of_buffers_alone_ends) {
  Graph graph;
  auto& raw = graph.make<Source<int>>("raw");
  auto& a = graph.make<Buffer<int>>("a");
  auto& b = graph.make<Buffer<int>>("b");
  graph.connect(raw.out(), a.in());
  graph.connect(a.out(), b.in());
  graph.connect(b.out(), a.in());
  EXPECT_EQ(print_graph(graph), "raw: source\n");
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(Drawing, writes_dot_with_the_ports_of_nodes_that_have_several) {
  Graph graph;
  build(graph);
  const std::string dot = to_dot(graph);
  EXPECT_TRUE(dot.starts_with("digraph annulus {\n")) << dot;
  EXPECT_TRUE(dot.ends_with("}\n")) << dot;
  EXPECT_TRUE(holds(dot, "\"scale\":o0:e -> \"screen\":i0:w [label=\" int \"];\n")) << dot;
  for (const char* port : {"PORT=\"i0\"><FONT POINT-SIZE=\"10\">left<", "PORT=\"i1\"><FONT POINT-SIZE=\"10\">right<",
                           "PORT=\"o0\"><FONT POINT-SIZE=\"10\">out<", "PORT=\"o1\"><FONT POINT-SIZE=\"10\">overrun<"})
    EXPECT_TRUE(holds(dot, port)) << port << dot;
  EXPECT_FALSE(holds(dot, "lossy")) << "a buffer is a property of its edge";
}

TEST(Drawing, dot_tells_queues_and_the_order_of_delivery) {
  Graph graph;
  build(graph);
  const std::string dot = to_dot(graph);
  EXPECT_TRUE(holds(dot, "\"raw\" -> \"scale\" [label=\" 1. int \"];\n")) << dot;
  EXPECT_TRUE(holds(dot, "\"raw\" -> \"screen\":i1:w [label=\" 2. int \\n latest \", style=dashed];\n")) << dot;
  EXPECT_TRUE(holds(dot, "\"raw\" -> \"log\" [label=\" 3. int \\n block 8 \"];\n")) << dot;
}

TEST(Drawing, dot_tells_sources_sinks_and_joins_apart_and_keeps_settings_in_tooltips) {
  Graph graph;
  build(graph);
  const std::string dot = to_dot(graph);
  EXPECT_TRUE(holds(dot, "\"raw\" [shape=ellipse, ")) << dot;
  EXPECT_TRUE(holds(dot, "\"log\" [style=filled, ")) << dot;
  EXPECT_TRUE(holds(dot, "tooltip=\"scale: scale\\ngain: 3\\non_error: fail_run\"")) << dot;
  auto& join = graph.make<Scale>("join");
  for (const char* name : {"a", "b"}) graph.connect(graph.make<Source<int>>(name).out(), join.in);
  EXPECT_TRUE(holds(to_dot(graph), "\"join\" [fillcolor=\"#fbecc0\", ")) << to_dot(graph);
}

TEST(Drawing, dot_escapes_what_names_may_hold) {
  Graph graph;
  graph.make<Source<int>>("a \"b\" <c> & \\d");
  const std::string dot = to_dot(graph);
  EXPECT_TRUE(holds(dot, R"("a \"b\" <c> & \\d" [)")) << dot;
  EXPECT_TRUE(holds(dot, R"(<B>a "b" &lt;c&gt; &amp; \d</B>)")) << dot;
}

TEST(Drawing, a_feedback_loop_is_drawn_with_its_two_inputs) {
  Graph graph;
  auto& loop = graph.make<Loop<int>>("loop");
  auto& scale = graph.make<Scale>("scale");
  graph.connect(graph.make<Source<int>>("raw").out(), loop.in());
  graph.connect(loop.out(), scale.in);
  graph.connect(scale.out, loop.back());
  const std::string dot = to_dot(graph);
  EXPECT_TRUE(holds(dot, "\"raw\" -> \"loop\":i0:w ")) << dot;
  EXPECT_TRUE(holds(dot, "\"scale\":o0:e -> \"loop\":i1:w ")) << dot;
}

TEST(Drawing, circles_of_nodes_and_of_buffers_end_in_dot_too) {
  Graph graph;
  auto& a = graph.make<Scale>("a");
  auto& b = graph.make<Scale>("b");
  graph.connect(a.out, b.in);
  graph.connect(b.out, a.in);
  auto& c = graph.make<Buffer<int>>("c");
  auto& d = graph.make<Buffer<int>>("d");
  graph.connect(b.out, c.in());
  graph.connect(c.out(), d.in());
  graph.connect(d.out(), c.in());
  const std::string dot = to_dot(graph);
  EXPECT_TRUE(holds(dot, "\"a\":o0:e -> \"b\" ")) << dot;
  EXPECT_TRUE(holds(dot, "\"b\":o0:e -> \"a\" ")) << dot;
}

}  // namespace
}  // namespace annulus
