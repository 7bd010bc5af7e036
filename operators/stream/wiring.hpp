// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "operators/stream/node.hpp"

// What graph algorithms need of the wiring; edges that close a circle are left out.

namespace annulus {

/// Calls visit(from, to) for every edge that leaves `node`.
template <class F>
void for_each_edge(const Node& node, F&& visit) {
  for (const OutPort* out : node.outputs()) {
    for (InPort* in : out->subscribers()) {
      if (!in->closes_circle()) visit(*out, *in);
    }
  }
}

/// The nodes in an order in which elements flow; nodes on a circle are missing.
[[nodiscard]] std::vector<Node*> flow_order(const std::vector<std::unique_ptr<Node>>& nodes);

/// For every node a number that tells in which thread it emits: two nodes with the same number emit in one thread.
[[nodiscard]] std::map<const Node*, int> thread_domains(const std::vector<Node*>& order);

/// The domains of the nodes that deliver to `node`.
[[nodiscard]] std::set<int> arriving_domains(const Node& node, const std::map<const Node*, int>& domains);

/// True if branches that part at `fork` meet again at `join`, and not before, without leaving the thread.
[[nodiscard]] bool meets_again(const OutPort& fork, const Node& join, const std::vector<Node*>& order,
                               const std::map<const Node*, int>& domains);

/// True if elements of `source` reach `node`.
[[nodiscard]] bool is_below(const Node& node, const Node& source);

/// The nodes that elements of `in` have come through.
[[nodiscard]] std::set<const Node*> nodes_above(const InPort& in);

}  // namespace annulus
