// SPDX-License-Identifier: BSD-3-Clause
#include "service/config/build.hpp"

#include "service/config/node_builder.hpp"
#include "service/config/wiring.hpp"

namespace annulus {

std::vector<std::string> build_graph(const Config& config, const Registry& registry, Graph& graph) {
  Mistakes mistakes = config.mistakes;
  std::vector<BuiltNode> nodes;
  for (const NodeSpec& spec : config.nodes) nodes.push_back(build_node(spec, config, registry, graph, mistakes));

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
