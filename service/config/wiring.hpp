// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "service/config/node_builder.hpp"

namespace annulus {

/// Connects the nodes of a file as their `in` says, with a buffer before each connected input of a node that has an
/// `overflow` or `capacity` option.
class Wiring {
 public:
  Wiring(const std::vector<BuiltNode>& nodes, const Registry& registry, Graph& graph, Mistakes& mistakes);

  void connect_all();
  /// Tells what Graph::check finds, but for what follows from mistakes that have been told.
  void check();
  /// Nodes whose output goes nowhere.
  void warn_of_unused(Mistakes& warnings) const;

 private:
  struct Edge {
    OutPort* from;
    InPort* to;
    int line;
  };

  void find_edges(const BuiltNode& built);
  void find_edge(const BuiltNode& built, const InputSpec& input);
  /// The output that a reference names; null with the mistake told.
  OutPort* find_output(const BuiltNode& built, const InputSpec& input);
  OutPort* find_port(const BuiltNode& from, std::string_view port, const BuiltNode& built, const InputSpec& input);
  /// The input that takes what `out` yields; null with the mistake told.
  InPort* find_input(const BuiltNode& built, const InputSpec& input, const OutPort& out);
  InPort* find_fitting_input(const Node& node, const OutPort& out) const;
  void tell_mismatch(const BuiltNode& built, const InputSpec& input, const OutPort& out, const InPort& in);
  void connect(const BuiltNode& built);
  /// Where to connect to instead of `in`: the buffer before it, where the node wants one.
  InPort& entry_of(InPort& in, const BuiltNode& built);
  void add(const BuiltNode& built, const InputSpec& input, const std::string& problem);
  [[nodiscard]] bool is_connected(const InPort& in) const;

  const std::vector<BuiltNode>& nodes_;
  const Registry& registry_;
  Graph& graph_;
  Mistakes& mistakes_;
  std::map<std::string, const BuiltNode*, std::less<>> by_name_;
  std::map<const Node*, const BuiltNode*> by_node_;  ///< buffers stand for the node behind them
  std::vector<Edge> edges_;                          ///< of the node at hand
  /// What an entry failed to connect: a port, or with a null port some port of the node.
  std::set<std::pair<const Node*, const InPort*>> excused_;
};

}  // namespace annulus
