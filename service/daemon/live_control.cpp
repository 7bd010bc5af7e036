// SPDX-License-Identifier: BSD-3-Clause
#include "service/daemon/live_control.hpp"

#include <chrono>
#include <future>
#include <memory>

#include <fmt/format.h>

#include "operators/data/error.hpp"

namespace annulus {
namespace {

constexpr std::chrono::seconds patience{20};

}  // namespace

std::vector<LiveParameter> LiveControl::parameters() const {
  std::vector<LiveParameter> list;
  for (const auto& node : graph_->nodes()) {
    for (const ParamBase* param : node->params()) {
      if (!param->is_live()) continue;
      list.push_back({node->name(), param->name(), param->type_name(), graph_->text_of(*param), param->help()});
    }
  }
  return list;
}

ChangeState LiveControl::change(const std::string& node, const std::string& parameter, const Value& value) {
  const std::unique_lock only(one_at_a_time_, std::try_to_lock);
  if (!only) return ChangeState::busy;
  auto outcome = std::make_shared<std::promise<std::string>>();
  std::future<std::string> refusal = outcome->get_future();
  graph_->change(node, parameter, placed(node, parameter, value),
                 [told = std::move(outcome)](const std::string& why) { told->set_value(why); });
  if (refusal.wait_for(patience) != std::future_status::ready) return ChangeState::preparing;
  try {
    if (const std::string why = refusal.get(); !why.empty()) {
      throw ConfigError(fmt::format("{}.{} stays as it was: {}", node, parameter, why));
    }
  } catch (const std::future_error&) {
    throw ConfigError(fmt::format("{}.{} stays as it was: the service is stopping", node, parameter));
  }
  return ChangeState::ready;
}

Value LiveControl::placed(const std::string& node, const std::string& parameter, const Value& value) const {
  const Node* const found = graph_->find(node);
  const ParamBase* const param = found == nullptr ? nullptr : found->find_param(parameter);
  const auto* const path = value.get_if<std::string>();
  if (param == nullptr || !param->is_path() || path == nullptr || path->empty()) return value;
  return (folder_ / *path).lexically_normal().string();
}

}  // namespace annulus
