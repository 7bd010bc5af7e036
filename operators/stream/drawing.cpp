// SPDX-License-Identifier: BSD-3-Clause
#include "operators/stream/drawing.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace annulus {
namespace {

/// An edge as a reader sees it: from a node that is no buffer to one that is no buffer.
struct Edge {
  const OutPort* from;
  const InPort* to;
  std::vector<std::string> queues;  ///< of the buffers between them: "latest", "block 64"
  bool lossy = false;
};

bool is_buffer(const Node& node) {
  return node.type() == "buffer" && node.inputs().size() == 1 && node.outputs().size() == 1;
}

void follow(const OutPort& out, const Edge& so_far, std::set<const Node*> passed, std::vector<Edge>& edges) {
  for (const InPort* in : out.subscribers()) {
    Edge edge = so_far;
    edge.to = in;
    const Node& next = in->node();
    if (!is_buffer(next)) {
      edges.push_back(std::move(edge));
      continue;
    }
    if (!passed.insert(&next).second) continue;
    const std::string overflow = next.find_param("overflow")->text();
    edge.lossy |= overflow != "block";
    edge.queues.push_back(overflow == "latest" ? overflow
                                               : fmt::format("{} {}", overflow, next.find_param("capacity")->text()));
    follow(*next.outputs().front(), edge, passed, edges);
  }
}

std::vector<Edge> edges_from(const Node& node) {
  std::vector<Edge> edges;
  for (const OutPort* out : node.outputs()) follow(*out, {out, nullptr, {}}, {}, edges);
  return edges;
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
    if (!edge.queues.empty()) text_ += fmt::format(" [{}]", fmt::join(edge.queues, ", "));
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
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace

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
      "  rankdir=LR;\n"
      "  node [shape=box, style=rounded, fontname=\"Helvetica\", fontsize=11];\n"
      "  ranksep=0.8;\n"
      "  edge [fontname=\"Helvetica\", fontsize=9];\n";
  for (const auto& node : graph.nodes()) {
    if (is_buffer(*node)) continue;
    text += fmt::format("  {} [label={}, tooltip={}];\n", dot_text(node->name()),
                        dot_text(node->name() + "\n" + node->type()),
                        dot_text(fmt::format("{}", fmt::join(settings_of(*node), "\n"))));
  }
  for (const auto& node : graph.nodes()) {
    if (is_buffer(*node)) continue;
    for (const Edge& edge : edges_from(*node)) {
      std::string label = label_of(edge);
      if (edge.to->node().inputs().size() > 1) label += " → " + edge.to->name();
      for (const std::string& queue : edge.queues) label += "\n" + queue;
      text += fmt::format("  {} -> {} [label={}{}];\n", dot_text(node->name()), dot_text(edge.to->node().name()),
                          dot_text(label), edge.lossy ? ", style=dashed" : "");
    }
  }
  return text + "}\n";
}

}  // namespace annulus
