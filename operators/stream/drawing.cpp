// SPDX-License-Identifier: BSD-3-Clause
#include "operators/stream/drawing.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace annulus {
namespace {

void follow(const OutPort& out, const Edge& so_far, std::vector<Edge>& edges) {
  for (const InPort* in : out.subscribers()) {
    Edge edge = so_far;
    edge.to = in;
    const Node& next = in->node();
    if (!is_buffer(next)) {
      edges.push_back(std::move(edge));
    } else if (std::ranges::find(edge.buffers, &next) == edge.buffers.end()) {  // else a circle of buffers
      edge.buffers.push_back(&next);
      follow(*next.outputs().front(), edge, edges);
    }
  }
}

/// "latest", "block 64".
std::vector<std::string> queues_of(const Edge& edge) {
  std::vector<std::string> texts;
  for (const Node* buffer : edge.buffers) {
    const std::string overflow = buffer->find_param("overflow")->text();
    texts.push_back(overflow == "latest" ? overflow
                                         : fmt::format("{} {}", overflow, buffer->find_param("capacity")->text()));
  }
  return texts;
}

bool is_lossy(const Edge& edge) {
  return std::ranges::any_of(edge.buffers, [](const Node* buffer) { return buffer->is_lossy(); });
}

/// "Frame", or "main: Frame" where the node has several outputs.
std::string label_of(const Edge& edge) {
  const std::string& type = edge.from->type()->name;
  return edge.from->node().outputs().size() > 1 ? fmt::format("{}: {}", edge.from->name(), type) : type;
}

/// "view", or "view.images" where the node has several inputs.
std::string target_of(const Edge& edge) {
  const Node& node = edge.to->node();
  return node.inputs().size() > 1 ? node.name() + "." + edge.to->name() : node.name();
}

std::vector<std::string> settings_of(const Node& node) {
  std::vector<std::string> list;
  for (const ParamBase* param : node.params()) {
    if (param->is_set()) list.push_back(fmt::format("{}: {}", param->name(), param->text()));
  }
  if (node.error_policy() != ErrorPolicy::skip) {
    const auto index = static_cast<std::size_t>(node.error_policy());
    list.push_back(fmt::format("on_error: {}", EnumNames<ErrorPolicy>::names().at(index)));
  }
  return list;
}

bool has_upstream(const Node& node) {
  return std::ranges::any_of(node.inputs(), [](const InPort* in) { return !in->upstreams().empty(); });
}

class Printer {
 public:
  /// The lines under `node`, whose own line has been written; `margin` stands before each.
  void print_below(const Node& node, const std::string& margin) {
    drawn_.insert(&node);
    const std::vector<Edge> edges = edges_from(node);
    if (const auto settings = settings_of(node); !settings.empty()) {
      text_ += fmt::format("{}{}  {}\n", margin, edges.empty() ? " " : "│", fmt::join(settings, ", "));
    }
    for (std::size_t i = 0; i < edges.size(); ++i) {
      const bool last = i + 1 == edges.size();
      print_edge(edges[i], margin + (last ? "└─ " : "├─ "), margin + (last ? "   " : "│  "));
    }
  }

  void print_root(const Node& node) {
    if (is_buffer(node) || drawn_.contains(&node)) return;
    text_ += fmt::format("{}: {}\n", node.name(), node.type());
    print_below(node, "");
  }

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void print_edge(const Edge& edge, const std::string& branch, const std::string& margin) {
    const Node& node = edge.to->node();
    const bool known = drawn_.contains(&node);
    text_ += fmt::format("{}{} ─> {}", branch, label_of(edge), target_of(edge));
    if (const auto queues = queues_of(edge); !queues.empty()) text_ += fmt::format(" [{}]", fmt::join(queues, ", "));
    text_ += known ? " (above)\n" : fmt::format(": {}\n", node.type());
    if (!known) print_below(node, margin);
  }

  std::set<const Node*> drawn_;
  std::string text_;
};

std::string dot_text(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? "\\n" : std::string(1, c);
  }
  return out + '"';
}

std::string html_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
  }
  return out.empty() ? " " : out;  // Graphviz takes no empty text
}

/// The ports of one side as cells of a table, and nothing where there is only one. `side` is 'i' or 'o'.
template <class Port>
std::string port_cells(const std::vector<Port*>& ports, char side) {
  if (ports.size() < 2) return {};
  std::string rows;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    rows += fmt::format(R"(<TR><TD PORT="{}{}"><FONT POINT-SIZE="10">{}</FONT></TD></TR>)", side, i,
                        html_text(ports[i]->name()));
  }
  return fmt::format(R"(<TD><TABLE BORDER="0" CELLBORDER="1" CELLSPACING="0">{}</TABLE></TD>)", rows);
}

/// The end of an edge: "\"view\":i1:w", or the node alone where its ports are not shown.
template <class Port>
std::string end_of(const Port& port, const std::vector<Port*>& ports, char side) {
  const std::string node = dot_text(port.node().name());
  if (ports.size() < 2) return node;
  return fmt::format("{}:{}{}:{}", node, side, std::ranges::find(ports, &port) - ports.begin(),
                     side == 'i' ? 'w' : 'e');
}

std::string shape_of(const Node& node) {
  if (node.inputs().empty()) return R"(shape=ellipse, margin=0, fillcolor="#d7e9f7")";
  if (node.outputs().empty()) return R"(style=filled, fillcolor="#d9f0df")";
  const auto joins = [](const InPort* in) { return in->upstreams().size() > 1; };
  const bool join = node.inputs().size() > 1 || std::ranges::any_of(node.inputs(), joins);
  return join ? R"(fillcolor="#fbecc0")" : R"(fillcolor="#f3f4f6")";
}

std::string dot_node(const Node& node) {
  auto about = settings_of(node);
  about.insert(about.begin(), fmt::format("{}: {}", node.name(), node.type()));
  return fmt::format(
      "  {} [{}, tooltip={}, label=<<TABLE BORDER=\"0\" CELLSPACING=\"0\"><TR>{}"
      "<TD><B>{}</B><BR/><FONT POINT-SIZE=\"10\">{}</FONT></TD>{}</TR></TABLE>>];\n",
      dot_text(node.name()), shape_of(node), dot_text(fmt::format("{}", fmt::join(about, "\n"))),
      port_cells(node.inputs(), 'i'), html_text(node.name()), html_text(node.type()), port_cells(node.outputs(), 'o'));
}

std::string dot_edges(const Node& node) {
  const std::vector<Edge> edges = edges_from(node);
  std::string text;
  int place = 0;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const Edge& edge = edges[i];
    const auto siblings = std::ranges::count(edges, edge.from, &Edge::from);
    place = i > 0 && edges[i - 1].from == edge.from ? place + 1 : 1;
    auto label = queues_of(edge);
    const std::string& type = edge.from->type()->name;
    label.insert(label.begin(), siblings > 1 ? fmt::format("{}. {}", place, type) : type);
    text +=
        fmt::format("  {} -> {} [label={}{}];\n", end_of(*edge.from, node.outputs(), 'o'),
                    end_of(*edge.to, edge.to->node().inputs(), 'i'),
                    dot_text(fmt::format(" {} ", fmt::join(label, " \n "))), is_lossy(edge) ? ", style=dashed" : "");
  }
  return text;
}

}  // namespace

bool is_buffer(const Node& node) {
  return node.type() == "buffer" && node.inputs().size() == 1 && node.outputs().size() == 1;
}

std::vector<Edge> edges_from(const Node& node) {
  std::vector<Edge> edges;
  for (const OutPort* out : node.outputs()) follow(*out, {.from = out}, edges);
  return edges;
}

std::string print_graph(const Graph& graph) {
  Printer printer;
  for (const auto& node : graph.nodes()) {
    if (!has_upstream(*node)) printer.print_root(*node);
  }
  for (const auto& node : graph.nodes()) printer.print_root(*node);  // what only a circle leads to
  return printer.take();
}

std::string to_dot(const Graph& graph) {
  std::string text =
      "digraph annulus {\n"
      "  rankdir=LR; ranksep=0.7; nodesep=0.35;\n"
      "  node [shape=box, style=\"rounded,filled\", color=\"#5a6875\", fontname=\"DejaVu Sans,Verdana,sans-serif\", "
      "fontsize=13];\n"
      "  edge [color=\"#5a6875\", fontname=\"DejaVu Sans,Verdana,sans-serif\", fontsize=11];\n";
  std::string edges;
  for (const auto& node : graph.nodes()) {
    if (is_buffer(*node)) continue;
    text += dot_node(*node);
    edges += dot_edges(*node);
  }
  return text + edges + "}\n";
}

}  // namespace annulus
