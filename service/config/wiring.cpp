// SPDX-License-Identifier: BSD-3-Clause
#include "service/config/wiring.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "operators/data/error.hpp"
#include "operators/data/text.hpp"

namespace annulus {
namespace {

template <class Port>
std::vector<std::string_view> names_of(const std::vector<Port*>& ports) {
  std::vector<std::string_view> names;
  for (const Port* port : ports) names.push_back(port->name());
  return names;
}

/// " Did you mean 'raw.mask'?" where another output of the node yields what the input takes.
std::string suggest_output(const OutPort& out, const InPort& in) {
  for (const OutPort* other : out.node().outputs()) {
    if (other->type() == in.type()) return fmt::format(" Did you mean '{}.{}'?", out.node().name(), other->name());
  }
  return {};
}

}  // namespace

Wiring::Wiring(const std::vector<BuiltNode>& nodes, const Registry& registry, Graph& graph, Mistakes& mistakes)
    : nodes_(nodes), registry_(registry), graph_(graph), mistakes_(mistakes) {
  for (const BuiltNode& built : nodes_) {
    by_name_.emplace(built.spec->name, &built);
    if (built.node != nullptr) by_node_.emplace(built.node, &built);
  }
}

void Wiring::connect_all() {
  for (const BuiltNode& built : nodes_) {
    edges_.clear();
    find_edges(built);
    connect(built);
  }
}

void Wiring::add(const BuiltNode& built, const InputSpec& input, const std::string& problem) {
  mistakes_.add(input.line, join_keys(join_keys(built.spec->where(), "in"), input.port), problem);
}

bool Wiring::is_connected(const InPort& in) const { return std::ranges::find(edges_, &in, &Edge::to) != edges_.end(); }

void Wiring::find_edges(const BuiltNode& built) {
  const NodeSpec& spec = *built.spec;
  if (built.node != nullptr && built.node->inputs().empty()) {
    if (spec.inputs_line > 0) {
      mistakes_.add(spec.inputs_line, join_keys(spec.where(), "in"),
                    fmt::format("{} has no input (it is where elements begin) remove 'in'", built.node->type()));
    }
    return;
  }
  for (const InputSpec& input : spec.inputs) find_edge(built, input);
}

void Wiring::find_edge(const BuiltNode& built, const InputSpec& input) {
  OutPort* out = find_output(built, input);
  if (built.node == nullptr) return;
  InPort* in = out != nullptr ? find_input(built, input, *out) : nullptr;
  if (in != nullptr) {
    edges_.push_back({out, in, input.line});
  } else {
    excused_.emplace(built.node, input.port.empty() ? nullptr : built.node->find_input(input.port));
  }
}

OutPort* Wiring::find_output(const BuiltNode& built, const InputSpec& input) {
  const std::string_view reference = input.from;
  const std::size_t dot = reference.find('.');
  const std::string_view name = reference.substr(0, dot);
  const auto it = by_name_.find(name);
  if (it != by_name_.end()) {
    if (it->second->node == nullptr) return nullptr;
    return find_port(*it->second, dot == std::string_view::npos ? "" : reference.substr(dot + 1), built, input);
  }
  std::vector<std::string_view> names;
  for (const BuiltNode& other : nodes_) {
    if (other.spec->section != Category::sink && &other != &built) names.push_back(other.spec->name);
  }
  add(built, input, fmt::format("there is no node '{}'.{}", name, suggest(name, names)));
  return nullptr;
}

OutPort* Wiring::find_port(const BuiltNode& from, std::string_view port, const BuiltNode& built,
                           const InputSpec& input) {
  const auto& outputs = from.node->outputs();
  if (outputs.empty()) {
    add(built, input, fmt::format("'{}' has no output ({} ends the stream)", from.spec->name, from.node->type()));
    return nullptr;
  }
  if (input.from.find('.') == std::string::npos) return outputs.front();
  if (OutPort* out = from.node->find_output(port)) return out;
  add(built, input, fmt::format("'{}' has no output '{}'.{}", from.spec->name, port, suggest(port, names_of(outputs))));
  return nullptr;
}

InPort* Wiring::find_input(const BuiltNode& built, const InputSpec& input, const OutPort& out) {
  const Node& node = *built.node;
  if (!input.port.empty()) {
    InPort* in = node.find_input(input.port);
    if (in == nullptr) {
      add(built, input,
          fmt::format("{} has no input '{}'.{}", node.type(), input.port,
                      suggest(input.port, names_of(node.inputs()))));
    } else if (in->type() != out.type()) {
      tell_mismatch(built, input, out, *in);
      return nullptr;
    }
    return in;
  }
  if (InPort* in = find_fitting_input(node, out)) return in;
  if (node.inputs().size() == 1) {
    tell_mismatch(built, input, out, *node.inputs().front());
    return nullptr;
  }
  std::vector<std::string> takes;
  for (const InPort* in : node.inputs()) takes.push_back(fmt::format("{} at '{}'", in->type()->name, in->name()));
  add(built, input,
      fmt::format("cannot connect {}.{} (it yields {}; {} takes {})", out.node().name(), out.name(), out.type()->name,
                  built.spec->name, fmt::join(takes, ", ")));
  return nullptr;
}

/// Mandatory inputs are filled in their order; everything beyond joins the first that takes it.
InPort* Wiring::find_fitting_input(const Node& node, const OutPort& out) const {
  const auto fits = [&](const InPort* in) { return in->type() == out.type(); };
  const auto waits = [&](const InPort* in) {
    return fits(in) && in->presence() == Presence::mandatory && !is_connected(*in);
  };
  const auto& inputs = node.inputs();
  auto it = std::ranges::find_if(inputs, waits);
  if (it == inputs.end()) it = std::ranges::find_if(inputs, fits);
  return it == inputs.end() ? nullptr : *it;
}

void Wiring::tell_mismatch(const BuiltNode& built, const InputSpec& input, const OutPort& out, const InPort& in) {
  add(built, input,
      fmt::format("cannot connect {}.{} to {}.{} (the output yields {}, the input takes {}){}", out.node().name(),
                  out.name(), built.spec->name, in.name(), out.type()->name, in.type()->name, suggest_output(out, in)));
}

void Wiring::connect(const BuiltNode& built) {
  std::map<InPort*, InPort*> entries;
  for (const Edge& edge : edges_) {
    try {
      InPort*& entry = entries[edge.to];
      if (entry == nullptr) entry = &entry_of(*edge.to, built);
      graph_.connect(*edge.from, *entry);
    } catch (const ConfigError& error) {
      mistakes_.add(edge.line, join_keys(built.spec->where(), "in"), error.what());
      excused_.emplace(built.node, edge.to);
    }
  }
}

InPort& Wiring::entry_of(InPort& in, const BuiltNode& built) {
  if (built.overflow == nullptr && built.capacity == nullptr) return in;
  std::unique_ptr<Node> made = registry_.make_variant(
      "buffer", in.type(), graph_.free_name(fmt::format("{}.{}.buffer", in.node().name(), in.name())));
  if (made == nullptr) {
    throw ConfigError(
        fmt::format("input '{}' cannot have a queue (elements of type {} are not registered for it) "
                    "remove 'overflow' and 'capacity'",
                    in.name(), in.type()->name));
  }
  Node& buffer = graph_.add(std::move(made));
  by_node_.emplace(&buffer, &built);
  if (built.overflow != nullptr) buffer.find_param("overflow")->set(built.overflow->value);
  if (built.capacity != nullptr) buffer.find_param("capacity")->set(built.capacity->value);
  graph_.connect(*buffer.outputs().front(), in);
  return *buffer.inputs().front();
}

void Wiring::check() {
  for (const BuiltNode& built : nodes_) {
    if (built.node == nullptr || built.spec->inputs_line > 0 || built.node->inputs().empty()) continue;
    const bool all_optional = std::ranges::all_of(
        built.node->inputs(), [](const InPort* in) { return in->presence() == Presence::optional; });
    if (all_optional) {
      mistakes_.add(built.spec->line, join_keys(built.spec->where(), "in"),
                    "missing (nothing would ever arrive) name the nodes to listen to");
    }
  }
  for (const Graph::Mistake& mistake : graph_.check()) {
    const auto it = by_node_.find(mistake.node);
    if (it == by_node_.end()) continue;
    const bool told = mistake.input != nullptr &&
                      (excused_.contains({mistake.node, nullptr}) || excused_.contains({mistake.node, mistake.input}));
    if (told) continue;
    const NodeSpec& spec = *it->second->spec;
    mistakes_.add(spec.inputs_line > 0 ? spec.inputs_line : spec.line, spec.where(), mistake.message);
  }
}

void Wiring::warn_of_unused(Mistakes& warnings) const {
  for (const BuiltNode& built : nodes_) {
    if (built.node == nullptr || built.node->outputs().empty()) continue;
    const auto unused = [](const OutPort* out) { return out->subscribers().empty(); };
    if (!std::ranges::all_of(built.node->outputs(), unused)) continue;
    warnings.add(built.spec->line, built.spec->where(), "nobody takes what it yields (its work is thrown away)");
  }
}

}  // namespace annulus
