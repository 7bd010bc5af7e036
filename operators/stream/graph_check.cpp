// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include <fmt/format.h>

#include "operators/stream/graph.hpp"
#include "operators/stream/wiring.hpp"

// What a graph refuses before anything flows.

namespace annulus {
namespace {

using Mistake = Graph::Mistake;

/// The nodes on a circle that `node` closes, or empty. `path` is the way down to it.
std::vector<const Node*> find_circle(const Node& node, std::vector<const Node*>& path, std::set<const Node*>& done) {
  if (const auto it = std::ranges::find(path, &node); it != path.end()) return {it, path.end()};
  if (done.contains(&node)) return {};
  path.push_back(&node);
  std::vector<const Node*> circle;
  for_each_edge(node, [&](const OutPort&, const InPort& in) {
    if (circle.empty()) circle = find_circle(in.node(), path, done);
  });
  path.pop_back();
  done.insert(&node);
  return circle;
}

void check_inputs(const Node& node, std::vector<Mistake>& mistakes) {
  for (const InPort* in : node.inputs()) {
    if (in->presence() == Presence::optional || !in->upstreams().empty()) continue;
    mistakes.push_back({&node, in,
                        fmt::format("input '{}' is not connected (it takes {}) name a node for it with 'in'",
                                    in->name(), in->type()->name)});
  }
}

std::string circle_message(const std::vector<const Node*>& circle) {
  std::string names;
  for (const Node* member : circle) names += member->name() + " -> ";
  return fmt::format(
      "{}{} is a circle (an element would go round for ever) remove one connection, or close it at the 'back' input of "
      "a loop",
      names, circle.front()->name());
}

/// Calls check(a, b) for each two inputs of the node until it gives a message.
template <class F>
void check_pairs(const Node& node, std::vector<Mistake>& mistakes, F&& check) {
  const auto& inputs = node.inputs();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    for (std::size_t j = i + 1; j < inputs.size(); ++j) {
      if (std::string message = check(*inputs[i], *inputs[j]); !message.empty()) {
        mistakes.push_back({&node, nullptr, std::move(message)});
        return;
      }
    }
  }
}

std::set<const Node*> lossy_above(const InPort& in) {
  std::set<const Node*> lossy = nodes_above(in);
  std::erase_if(lossy, [](const Node* node) { return !node->is_lossy(); });
  return lossy;
}

std::string check_counts(const InPort& a, const InPort& b) {
  const auto above_a = lossy_above(a);
  const auto above_b = lossy_above(b);
  std::vector<const Node*> one_sided;
  std::ranges::set_symmetric_difference(above_a, above_b, std::back_inserter(one_sided));
  if (one_sided.empty()) return {};
  return fmt::format(
      "inputs '{}' and '{}' are paired by count, but '{}' may drop elements of one of them (then all later pairs are "
      "wrong) put that buffer before the branches part, make it block, or use join_by_frame",
      a.name(), b.name(), one_sided.front()->name());
}

std::set<int> domains_of(const InPort& in, const std::map<const Node*, int>& domains) {
  std::set<int> list;
  for (const OutPort* out : in.upstreams()) list.insert(domains.at(&out->node()));
  return list;
}

std::string check_diamond(const InPort& a, const InPort& b, const std::map<const Node*, int>& domains) {
  if (domains_of(a, domains) == domains_of(b, domains)) return {};
  const auto above_a = nodes_above(a);
  const auto above_b = nodes_above(b);
  const auto common = std::ranges::find_if(above_a, [&](const Node* node) { return above_b.contains(node); });
  if (common == above_a.end()) return {};
  return fmt::format(
      "inputs '{}' and '{}' both come from '{}', in different threads (which is the latest would be chance) put the "
      "buffer or the workers before the branches part, or use join_by_frame",
      a.name(), b.name(), (*common)->name());
}

/// Groups and what is outside of them may not come together.
void check_groups(const std::vector<Node*>& order, std::vector<Mistake>& mistakes) {
  std::map<const Node*, int> levels;
  for (const Node* node : order) {
    std::set<int> arriving;
    for (const InPort* in : node->inputs()) {
      if (in->closes_circle()) continue;
      for (const OutPort* out : in->upstreams()) arriving.insert(levels[&out->node()]);
    }
    if (arriving.size() > 1) {
      mistakes.push_back({node, nullptr,
                          "elements of groups and elements outside of them come together (state is kept by group, so "
                          "they would never meet) end the groups before with ungroup"});
    }
    levels[node] = (arriving.empty() ? 0 : *arriving.rbegin()) + node->group_step();
    if (levels[node] < 0) mistakes.push_back({node, nullptr, "there are no groups to end here (no group_by above)"});
  }
}

}  // namespace

std::vector<Mistake> Graph::check() const {
  std::vector<Mistake> mistakes;
  for (const auto& node : nodes_) check_inputs(*node, mistakes);
  const std::size_t before = mistakes.size();
  std::set<const Node*> done;
  for (const auto& node : nodes_) {
    std::vector<const Node*> path;
    const auto circle = find_circle(*node, path, done);
    if (!circle.empty()) mistakes.push_back({circle.front(), nullptr, circle_message(circle)});
  }
  if (mistakes.size() > before) return mistakes;  // what follows needs an order
  const auto order = flow_order(nodes_);
  const auto domains = thread_domains(order);
  check_groups(order, mistakes);
  for (const Node* node : order) {
    if (node->pairs_by_count()) check_pairs(*node, mistakes, check_counts);
    if (!node->settles()) continue;
    check_pairs(*node, mistakes, [&](const InPort& a, const InPort& b) { return check_diamond(a, b, domains); });
  }
  return mistakes;
}

}  // namespace annulus
