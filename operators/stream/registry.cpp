// SPDX-License-Identifier: BSD-3-Clause
#include "operators/stream/registry.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

namespace annulus {

void Registry::add(std::string type, Category category, std::string summary,
                   std::function<std::unique_ptr<Node>(std::string)> make) {
  if (find(type) != nullptr) throw std::logic_error("node type '" + type + "' is registered twice");
  const std::string word = type;
  types_.push_back({std::move(type), category, std::move(summary), [word, make = std::move(make)](std::string name) {
                      auto node = make(std::move(name));
                      node->set_type(word);
                      return node;
                    }});
}

const NodeType* Registry::find(std::string_view type) const noexcept {
  const auto it = std::ranges::find(types_, type, &NodeType::name);
  return it == types_.end() ? nullptr : &*it;
}

std::vector<std::string_view> Registry::names(Category category) const {
  std::vector<std::string_view> list;
  for (const NodeType& type : types_) {
    if (type.category == category) list.push_back(type.name);
  }
  return list;
}

std::unique_ptr<Node> Registry::make_buffer(TypeId type, std::string name) const {
  const auto it = buffers_.find(type);
  return it == buffers_.end() ? nullptr : it->second(std::move(name));
}

namespace {

std::string written_default(const ParamBase& param) {
  const std::string text = param.default_text();
  if (text == "required") return "**required**";
  if (text == "none" || text.empty()) return "none";
  return fmt::format("`{}`", text);
}

}  // namespace

std::string describe(const NodeType& type) {
  const auto node = type.make(type.name);
  std::string text = fmt::format("### {}\n\n{}\n\n", type.name, type.summary);
  for (const InPort* in : node->inputs()) {
    text += fmt::format("- input `{}`: {}{}\n", in->name(), in->type()->name,
                        in->presence() == Presence::optional ? " (optional)" : "");
  }
  for (const OutPort* out : node->outputs()) text += fmt::format("- output `{}`: {}\n", out->name(), out->type()->name);
  if (node->params().empty()) return text;
  text += "\n| parameter | type | default | meaning |\n|---|---|---|---|\n";
  for (const ParamBase* param : node->params()) {
    std::string meaning = param->help();
    if (!param->unit().empty()) meaning += fmt::format(" [{}]", param->unit());
    if (!param->constraint().empty()) meaning += fmt::format(" ({})", param->constraint());
    std::string kind = param->type_name();
    for (std::size_t i = 0; (i = kind.find('|', i)) != std::string::npos; i += 2) kind.insert(i, "\\");
    text += fmt::format("| `{}` | {} | {} | {} |\n", param->name(), kind, written_default(*param), meaning);
  }
  return text;
}

}  // namespace annulus
