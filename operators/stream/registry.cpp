// SPDX-License-Identifier: BSD-3-Clause
#include "operators/stream/registry.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

namespace annulus {

namespace {

/// `make`, and the node knows its type.
NodeType::Make with_type(const std::string& type, NodeType::Make make) {
  return [type, make = std::move(make)](std::string name) {
    auto node = make(std::move(name));
    node->set_type(type);
    return node;
  };
}

}  // namespace

void Registry::add(std::string type, Category category, std::string summary, NodeType::Make make) {
  if (find(type) != nullptr) throw std::logic_error("node type '" + type + "' is registered twice");
  make = with_type(type, std::move(make));
  types_.push_back({std::move(type), category, std::move(summary), std::move(make)});
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

void Registry::add_variant(const std::string& type, TypeId elements, NodeType::Make make) {
  std::ranges::find(types_, type, &NodeType::name)->variants.emplace(elements, with_type(type, std::move(make)));
}

std::unique_ptr<Node> Registry::make_variant(std::string_view type, TypeId elements, std::string name) const {
  const NodeType* known = find(type);
  if (known == nullptr) return nullptr;
  const auto it = known->variants.find(elements);
  return it == known->variants.end() ? nullptr : it->second(std::move(name));
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
  std::string any;
  for (const auto& [elements, make] : type.variants) any += (any.empty() ? "" : ", ") + elements->name;
  const auto carries = [&](const auto* port) {
    return type.variants.contains(port->type()) ? "what it is connected to (" + any + ")" : port->type()->name;
  };
  for (const InPort* in : node->inputs()) {
    text += fmt::format("- input `{}`: {}{}\n", in->name(), carries(in),
                        in->presence() == Presence::optional   ? " (optional)"
                        : in->presence() == Presence::feedback ? " (closes a circle)"
                                                               : "");
  }
  for (const OutPort* out : node->outputs()) text += fmt::format("- output `{}`: {}\n", out->name(), carries(out));
  if (node->params().empty()) return text;
  text += "\n| parameter | type | default | meaning |\n|---|---|---|---|\n";
  for (const ParamBase* param : node->params()) {
    std::string meaning = param->help();
    if (!param->unit().empty()) meaning += fmt::format(" [{}]", param->unit());
    if (!param->constraint().empty()) meaning += fmt::format(" ({})", param->constraint());
    if (param->is_live()) meaning += "; may be changed while the graph runs";
    std::string kind = param->type_name();
    for (std::size_t i = 0; (i = kind.find('|', i)) != std::string::npos; i += 2) kind.insert(i, "\\");
    text += fmt::format("| `{}` | {} | {} | {} |\n", param->name(), kind, written_default(*param), meaning);
  }
  return text;
}

}  // namespace annulus
