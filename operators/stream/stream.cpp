// SPDX-License-Identifier: BSD-3-Clause
#include "operators/stream/stream.hpp"

#include <fmt/format.h>

#include "operators/data/error.hpp"

#include "operators/stream/wiring.hpp"

namespace annulus::detail {

InPort& find_input(const Node& node, const std::string& name, TypeId type) {
  for (InPort* in : node.inputs()) {
    if (in->type() == type && (name.empty() || in->name() == name)) return *in;
  }
  throw ConfigError(
      fmt::format("{}: has no input {}that takes {}", node.name(), name.empty() ? name : name + " ", type->name));
}

const Node& grouping_node(const Node& node) {
  int level = 0;
  for (const Node* at = &node; at != nullptr;) {
    level += at->group_step();
    if (level == 1) return *at;
    const bool has_upstream = !at->inputs().empty() && !at->inputs().front()->upstreams().empty();
    at = has_upstream ? &at->inputs().front()->upstreams().front()->node() : nullptr;
  }
  throw ConfigError(node.name() + ": there are no groups to end here (no group_by above)");
}

std::vector<SourceNode*> sources_of(Node& node) {
  std::set<const Node*> above{&node};
  for (const InPort* in : node.inputs()) above.merge(nodes_above(*in));
  std::vector<SourceNode*> sources;
  for (const auto& candidate : node.graph().nodes()) {
    auto* source = dynamic_cast<SourceNode*>(candidate.get());
    if (source != nullptr && above.contains(source)) sources.push_back(source);
  }
  return sources;
}

}  // namespace annulus::detail
