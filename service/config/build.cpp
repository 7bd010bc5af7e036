// SPDX-License-Identifier: BSD-3-Clause
#include "service/config/build.hpp"

#include "service/config/node_builder.hpp"
#include "service/config/wiring.hpp"

namespace annulus {
namespace {

/// The type of what arrives over the first input of the entry, once the node there has been made.
TypeId elements_of(const NodeSpec& spec, const std::vector<BuiltNode>& built) {
  if (spec.inputs.empty()) return nullptr;
  const std::string_view reference = spec.inputs.front().from;
  const std::size_t dot = reference.find('.');
  for (const BuiltNode& other : built) {
    if (other.spec == nullptr || other.spec->name != reference.substr(0, dot) || other.node == nullptr) continue;
    const auto& outputs = other.node->outputs();
    if (dot == std::string_view::npos) return outputs.empty() ? nullptr : outputs.front()->type();
    const OutPort* out = other.node->find_output(reference.substr(dot + 1));
    return out == nullptr ? nullptr : out->type();
  }
  return nullptr;
}

/// Node types that exist for several types of elements wait until it is known what arrives; where that never is, any
/// will do for finding the other mistakes.
std::vector<BuiltNode> build_nodes(const Config& config, const Registry& registry, Graph& graph, Mistakes& mistakes) {
  std::vector<BuiltNode> nodes(config.nodes.size());
  const auto build = [&](std::size_t i, bool any) {
    const NodeSpec& spec = config.nodes[i];
    const NodeType* type = registry.find(spec.type.text);
    const TypeId elements = elements_of(spec, nodes);
    if (nodes[i].spec != nullptr || (!any && elements == nullptr && type != nullptr && !type->variants.empty()))
      return false;
    nodes[i] = build_node(spec, elements, config, registry, graph, mistakes);
    return true;
  };
  for (bool progress = true; progress;) {
    progress = false;
    for (std::size_t i = 0; i < nodes.size(); ++i) progress |= build(i, false);
  }
  for (std::size_t i = 0; i < nodes.size(); ++i) build(i, true);
  return nodes;
}

}  // namespace

std::vector<std::string> build_graph(const Config& config, const Registry& registry, Graph& graph) {
  Mistakes mistakes = config.mistakes;
  const std::vector<BuiltNode> nodes = build_nodes(config, registry, graph, mistakes);
  Wiring wiring(nodes, registry, graph, mistakes);
  wiring.connect_all();
  wiring.check();
  for (const BuiltNode& built : nodes) check_node(built, mistakes);
  mistakes.throw_if_any();

  Mistakes warnings(config.file.string());
  wiring.warn_of_unused(warnings);
  return warnings.texts();
}

}  // namespace annulus
