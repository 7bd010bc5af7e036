// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "operators/stream/graph.hpp"

namespace annulus {

/// An edge as a reader sees it: a buffer is a property of the edge, and both ends are other nodes.
struct Edge {
  const OutPort* from = nullptr;
  const InPort* to = nullptr;
  std::vector<const Node*> buffers{};  ///< the queues between them, upstream first
};

/// True for a node that is drawn as a property of an edge.
[[nodiscard]] bool is_buffer(const Node& node);

/// The edges that leave `node`, port by port, each port's in the order of delivery.
[[nodiscard]] std::vector<Edge> edges_from(const Node& node);

/// The wiring as a tree for a terminal (UTF-8): every node with its type and the parameters that were set, every edge
/// with the type it carries. A node reached a second time is named only.
///     raw: bluesky_zmq
///     │  connect: tcp://127.0.0.1:5568
///     ├─ Frame ─> dark: dark_subtract
///     │  │  dark: /data/dark.tif
///     │  └─ Frame ─> view.images [latest] (above)
[[nodiscard]] std::string print_graph(const Graph& graph);

/// The wiring as a Graphviz digraph. Sources are round, sinks have square corners, joins are yellow; a node with
/// several inputs or outputs shows them; an edge tells its type, its place in the order of delivery where its output
/// has several, and its queues; lossy edges are dashed. Parameters are tooltips.
[[nodiscard]] std::string to_dot(const Graph& graph);

}  // namespace annulus
