// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "operators/stream/graph.hpp"
#include "operators/stream/registry.hpp"
#include "service/config/config.hpp"

namespace annulus {

/// A node of the file and what was made of it.
struct BuiltNode {
  const NodeSpec* spec;
  Node* node = nullptr;                           ///< null: it could not be made, and that has been told
  std::set<std::string, std::less<>> bad_params;  ///< those whose value was refused, and that has been told
  const Setting* overflow = nullptr;              ///< edge options, where the node has no parameter of that name
  const Setting* capacity = nullptr;
};

/// Makes the node of one entry in `graph` and sets its parameters. `elements`: the type of what arrives, for node types
/// that exist for several; null where it is not known.
[[nodiscard]] BuiltNode build_node(const NodeSpec& spec, TypeId elements, const Config& config,
                                   const Registry& registry, Graph& graph, Mistakes& mistakes);

/// Lets the node look for what only it can know (missing files, values that do not fit together); leaves out what
/// merely follows from parameters that were refused.
void check_node(const BuiltNode& built, Mistakes& mistakes);

}  // namespace annulus
