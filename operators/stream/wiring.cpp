// SPDX-License-Identifier: BSD-3-Clause
#include "operators/stream/wiring.hpp"

#include <algorithm>

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

bool is_below(const Node& node, const Node& source) {
  return std::any_of(node.inputs().begin(), node.inputs().end(),
                     [&](const InPort* in) { return nodes_above(*in).contains(&source); });
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

namespace {

/// How many subscribers of `out` lead to `goal` without leaving the thread and without touching `avoided`.
std::size_t ways_to(const OutPort& out, const Node& goal, const std::map<const Node*, int>& domains,
                    const Node* avoided) {
  const int domain = domains.at(&out.node());
  const auto leads = [&](const InPort* first) {
    std::set<const Node*> seen;
    std::vector<const InPort*> open{first};
    while (!open.empty()) {
      const Node& node = open.back()->node();
      open.pop_back();
      if (&node == &goal) return true;
      const auto it = domains.find(&node);
      if (&node == avoided || it == domains.end() || it->second != domain || !seen.insert(&node).second) continue;
      for_each_edge(node, [&](const OutPort&, const InPort& next) { open.push_back(&next); });
    }
    return false;
  };
  const auto& subscribers = out.subscribers();
  return static_cast<std::size_t>(std::count_if(subscribers.begin(), subscribers.end(), leads));
}

}  // namespace

bool meets_again(const OutPort& fork, const Node& join, const std::vector<Node*>& order,
                 const std::map<const Node*, int>& domains) {
  if (fork.subscribers().size() < 2 || ways_to(fork, join, domains, nullptr) < 2) return false;
  return std::all_of(order.begin(), order.end(),
                     [&](const Node* node) { return node == &join || ways_to(fork, join, domains, node) > 0; });
}

}  // namespace annulus
