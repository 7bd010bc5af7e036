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

TEST(Drawing, writes_dot) {
  Graph graph;
  build(graph);
  EXPECT_EQ(to_dot(graph),
            "digraph annulus {\n"
            "  rankdir=LR;\n"
            "  node [shape=box, style=rounded, fontname=\"Helvetica\", fontsize=11];\n"
            "  ranksep=0.8;\n"
            "  edge [fontname=\"Helvetica\", fontsize=9];\n"
            "  \"raw\" [label=\"raw\\nsource\", tooltip=\"\"];\n"
            "  \"scale\" [label=\"scale\\nscale\", tooltip=\"gain: 3\\non_error: fail_run\"];\n"
            "  \"screen\" [label=\"screen\\nscreen\", tooltip=\"\"];\n"
            "  \"log\" [label=\"log\\nsink\", tooltip=\"\"];\n"
            "  \"raw\" -> \"scale\" [label=\"int\"];\n"
            "  \"raw\" -> \"screen\" [label=\"int → right\\nlatest\", style=dashed];\n"
            "  \"raw\" -> \"log\" [label=\"int\\nblock 8\"];\n"
            "  \"scale\" -> \"screen\" [label=\"out: int → left\"];\n"
            "}\n");
}

}  // namespace
}  // namespace annulus
