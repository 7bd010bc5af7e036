// SPDX-License-Identifier: BSD-3-Clause
#include "operators/stream/wiring.hpp"

namespace annulus {

std::vector<Node*> flow_order(const std::vector<std::unique_ptr<Node>>& nodes) {
  std::map<const Node*, std::size_t> missing;
  for (const auto& node : nodes) {
    for_each_edge(*node, [&](const OutPort&, const InPort& in) { ++missing[&in.node()]; });
  }
  std::vector<Node*> order;
  for (const auto& node : nodes) {
    if (missing[node.get()] == 0) order.push_back(node.get());
  }
  for (std::size_t i = 0; i < order.size(); ++i) {
    for_each_edge(*order[i], [&](const OutPort&, const InPort& in) {
      if (--missing[&in.node()] == 0) order.push_back(&in.node());
    });
  }
  return order;
}

std::map<const Node*, int> thread_domains(const std::vector<Node*>& order) {
  std::map<const Node*, int> domains;
  int next = 0;
  for (const Node* node : order) {
    const std::set<int> arriving = arriving_domains(*node, domains);
    domains[node] = arriving.size() == 1 && !node->own_thread() ? *arriving.begin() : next++;
  }
  return domains;
}

std::set<int> arriving_domains(const Node& node, const std::map<const Node*, int>& domains) {
  std::set<int> arriving;
  for (const InPort* in : node.inputs()) {
    if (in->closes_circle()) continue;
    for (const OutPort* out : in->upstreams()) arriving.insert(domains.at(&out->node()));
  }
  return arriving;
}

std::set<const Node*> nodes_above(const InPort& in) {
  std::set<const Node*> above;
  std::vector<const InPort*> open{&in};
  while (!open.empty()) {
    const InPort* next = open.back();
    open.pop_back();
    if (next->closes_circle()) continue;
    for (const OutPort* out : next->upstreams()) {
      if (!above.insert(&out->node()).second) continue;
      open.insert(open.end(), out->node().inputs().begin(), out->node().inputs().end());
    }
  }
  return above;
}

bool leads_to(const InPort& in, const Node& goal, const std::map<const Node*, int>& domains, int domain) {
  if (&in.node() == &goal) return true;
  if (const auto it = domains.find(&in.node()); it == domains.end() || it->second != domain) return false;
  bool found = false;
  for_each_edge(in.node(),
                [&](const OutPort&, const InPort& next) { found = found || leads_to(next, goal, domains, domain); });
  return found;
}

}  // namespace annulus
