// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "operators/stream/graph.hpp"

namespace annulus {

/// The wiring as a tree for a terminal (UTF-8): every node with its type and the parameters that were set, every edge
/// with the type it carries. A buffer is drawn as what it is to a reader, a property of the edge; a node reached a
/// second time is named only.
///     raw: bluesky_zmq
///     │  connect: tcp://127.0.0.1:5568
///     ├─ Frame ─> dark: dark_subtract
///     │  │  dark: /data/dark.tif
///     │  └─ Frame ─> view.images [latest] (above)
[[nodiscard]] std::string print_graph(const Graph& graph);

/// The same as a Graphviz digraph: nodes are boxes, lossy edges are dashed.
[[nodiscard]] std::string to_dot(const Graph& graph);

}  // namespace annulus
