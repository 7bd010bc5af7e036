// SPDX-License-Identifier: BSD-3-Clause
#include "service/config/node_builder.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "operators/data/error.hpp"
#include "operators/data/text.hpp"

#include "operators/stream/buffer.hpp"
#include "operators/stream/takes_settings.hpp"

namespace annulus {
namespace {

std::string_view role_of(Category category) {
  switch (category) {
    case Category::source: return "a source";
    case Category::op: return "an operator";
    case Category::sink: return "a sink";
  }
  return {};
}

int line_of(const NodeSpec& spec, const std::string& key) {
  const auto it = std::ranges::find(spec.settings, key, &std::pair<std::string, Setting>::first);
  return it == spec.settings.end() ? spec.line : it->second.line;
}

class NodeBuilder {
 public:
  NodeBuilder(const NodeSpec& spec, TypeId elements, const Config& config, const Registry& registry, Mistakes& mistakes)
      : spec_(spec),
        elements_(elements),
        config_(config),
        registry_(registry),
        mistakes_(mistakes),
        built_{&spec, nullptr, {}} {}

  BuiltNode build(Graph& graph) {
    const NodeType* type = find_type();
    if (type == nullptr) return built_;
    try {
      // A name that is taken has been told; another one lets the rest of the entry be looked at.
      built_.node = &graph.add(make(*type, graph.free_name(spec_.name)));
    } catch (const std::exception& error) {
      mistakes_.add(spec_.line, spec_.where(), error.what());
      return built_;
    }
    built_.node->set_error_policy(spec_.on_error);
    for (const auto& [key, setting] : spec_.settings) apply(key, setting);
    take_settings();
    check_edge_options();
    for (ParamBase* param : built_.node->params()) complete(*param);
    return built_;
  }

 private:
  void add(int line, std::string_view key, std::string_view problem) {
    mistakes_.add(line, join_keys(spec_.where(), key), problem);
  }

  const NodeType* find_type() {
    const auto names = registry_.names(spec_.section);
    const std::string& name = spec_.type.text;
    if (name.empty()) {
      add(spec_.type.value.is_null() ? spec_.line : spec_.type.line, "type", "missing." + suggest({}, names));
      return nullptr;
    }
    const NodeType* type = registry_.find(name);
    if (type == nullptr) {
      add(spec_.type.line, "type",
          fmt::format("'{}' is not {}.{}", name, role_of(spec_.section), suggest(name, names)));
      return nullptr;
    }
    if (type->category == spec_.section) return type;
    add(spec_.type.line, "type",
        fmt::format("'{}' is {} (it stands under '{}') move '{}' to '{}'", name, role_of(type->category),
                    section_name(spec_.section), spec_.name, section_name(type->category)));
    return nullptr;
  }

  [[nodiscard]] std::unique_ptr<Node> make(const NodeType& type, std::string name) const {
    const auto variant = elements_ == nullptr ? type.variants.end() : type.variants.find(elements_);
    return variant == type.variants.end() ? type.make(std::move(name)) : variant->second(std::move(name));
  }

  void apply(const std::string& key, const Setting& setting) {
    if (ParamBase* param = built_.node->find_param(key)) {
      set(*param, setting);
    } else if (key == "overflow" && has_inputs()) {
      built_.overflow = &setting;
    } else if (key == "capacity" && has_inputs()) {
      built_.capacity = &setting;
    } else {
      add(setting.line, key, fmt::format("{} has no such key.{}", built_.node->type(), suggest(key, known_keys())));
    }
  }

  [[nodiscard]] bool has_inputs() const { return !built_.node->inputs().empty(); }

  [[nodiscard]] std::vector<std::string_view> known_keys() const {
    std::vector<std::string_view> keys;
    for (const ParamBase* param : built_.node->params()) keys.push_back(param->name());
    keys.push_back("on_error");
    if (has_inputs()) keys.insert(keys.end(), {"in", "overflow", "capacity"});
    return keys;
  }

  void set(ParamBase& param, const Setting& setting) {
    try {
      param.set(value_for(param, setting));
    } catch (const ConfigError& error) {
      built_.bad_params.insert(param.name());
      add(setting.line, param.name(), error.what());
    }
  }

  [[nodiscard]] Value value_for(const ParamBase& param, const Setting& setting) const {
    const bool single =
        !setting.value.is_null() && setting.value.get_if<List>() == nullptr && setting.value.get_if<Dict>() == nullptr;
    if (!param.is_text() || !single) return setting.value;
    if (!param.is_path() || setting.text.empty()) return setting.text;
    return absolute(setting.text);
  }

  [[nodiscard]] std::string absolute(const std::filesystem::path& path) const {
    return (config_.folder() / path).lexically_normal().string();
  }

  /// What a file says that the configuration names.
  void take_settings() {
    auto* const node = dynamic_cast<TakesSettings*>(built_.node);
    if (node == nullptr) return;
    Problems problems;
    node->take_settings(problems);
    for (const auto& [param, message] : problems.list()) {
      built_.bad_params.insert(param);
      add(line_of(spec_, param), param, message);
    }
  }

  /// What the file does not say about a parameter.
  void complete(ParamBase& param) {
    if (param.is_set() || built_.bad_params.contains(param.name())) return;
    if (param.required()) {
      built_.bad_params.insert(param.name());
      add(spec_.line, param.name(), fmt::format("missing ({}: {})", param.help(), param.type_name()));
    } else if (param.is_path() && param.text() != "none" && !param.text().empty()) {
      param.set(absolute(param.text()));  // a default may be relative, too
    }
  }

  /// The options are parameters of the buffers that will be inserted: one that is not connected looks at them.
  void check_edge_options() {
    Buffer<int> probe{spec_.name};
    check_edge_option(probe, "overflow", built_.overflow);
    check_edge_option(probe, "capacity", built_.capacity);
    if (built_.capacity != nullptr && probe.overflow() == Overflow::latest) {
      add(built_.capacity->line, "capacity", "has no effect (with 'overflow: latest' one element waits) remove it");
    }
  }

  void check_edge_option(Node& probe, const std::string& key, const Setting*& setting) {
    if (setting == nullptr) return;
    try {
      probe.find_param(key)->set(setting->value);
    } catch (const ConfigError& error) {
      add(setting->line, key, error.what());
      setting = nullptr;
    }
  }

  const NodeSpec& spec_;
  TypeId elements_;
  const Config& config_;
  const Registry& registry_;
  Mistakes& mistakes_;
  BuiltNode built_;
};

}  // namespace

BuiltNode build_node(const NodeSpec& spec, TypeId elements, const Config& config, const Registry& registry,
                     Graph& graph, Mistakes& mistakes) {
  return NodeBuilder(spec, elements, config, registry, mistakes).build(graph);
}

void check_node(const BuiltNode& built, Mistakes& mistakes) {
  if (built.node == nullptr) return;
  Problems problems;
  try {
    built.node->check(problems);
  } catch (const std::exception& error) {
    problems.add({}, error.what());
  }
  const NodeSpec& spec = *built.spec;
  for (const auto& [param, message] : problems.list()) {
    const bool follows = param.empty() ? !built.bad_params.empty() : built.bad_params.contains(param);
    if (follows) continue;
    mistakes.add(line_of(spec, param), join_keys(spec.where(), param), message);
  }
}

}  // namespace annulus
