// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "operators/data/error.hpp"
#include "operators/data/text.hpp"

#include "operators/stream/graph.hpp"

namespace annulus {
namespace {

std::vector<std::string_view> live_params_of(const Node& node) {
  std::vector<std::string_view> names;
  for (const ParamBase* param : node.params()) {
    if (param->is_live()) names.push_back(param->name());
  }
  return names;
}

/// A hint for a word that is none of them.
std::string hint(std::string_view word, const std::vector<std::string_view>& names) {
  return names.empty() ? " Nothing can be changed here." : suggest(word, names);
}

}  // namespace

void Graph::change(std::string_view node_name, std::string_view param_name, const Value& value,
                   std::function<void(const std::string&)> outcome) {
  Node* node = find(node_name);
  if (node == nullptr) {
    std::vector<std::string_view> names;
    for (const auto& each : nodes_) {
      if (!live_params_of(*each).empty()) names.push_back(each->name());
    }
    throw ConfigError(fmt::format("there is no node '{}'.{}", node_name, hint(node_name, names)));
  }
  ParamBase* param = node->find_param(param_name);
  const std::string place = fmt::format("{}.{}", node_name, param_name);
  if (param == nullptr) {
    throw ConfigError(fmt::format("{}: there is no such parameter.{}", place, hint(param_name, live_params_of(*node))));
  }
  if (!param->is_live()) {
    throw ConfigError(place +
                      ": cannot be changed while the graph runs (it is not declared live) restart with the new value");
  }
  const WantedChange wanted{param, value, std::move(outcome)};
  try {
    param->validate(value);
    if (!node->ready_for_change(wanted)) return;
  } catch (const ConfigError& error) {
    throw ConfigError(fmt::format("{}: {}", place, error.what()));
  }
  node->take_change(wanted);
}

void Graph::want_change(Node& node, const WantedChange& wanted) {
  const std::lock_guard lock(changes_mutex_);
  node.changes_waiting_.store(true, std::memory_order_release);
  wanted_changes_.emplace_back(&node, wanted);
}

void Graph::apply_changes(Node& node) {
  const std::lock_guard lock(changes_mutex_);
  node.changes_waiting_.store(false, std::memory_order_relaxed);
  for (const auto& [where, wanted] : wanted_changes_) {
    if (where != &node) continue;
    const std::string before = wanted.param->text();
    wanted.param->set(wanted.value);
    changes_.push_back({clock_->unix_time(), node.name(), wanted.param->name(), before, wanted.param->text()});
    try {
      node.param_changed(*wanted.param);
    } catch (...) {
      node.fail_boundary({}, std::current_exception());
    }
  }
  std::erase_if(wanted_changes_, [&](const auto& entry) { return entry.first == &node; });
}

std::string Graph::text_of(const ParamBase& param) const {
  const std::lock_guard lock(changes_mutex_);
  return param.text();
}

std::vector<ParamChange> Graph::changes() const {
  const std::lock_guard lock(changes_mutex_);
  return changes_;
}

}  // namespace annulus
