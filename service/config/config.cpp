// SPDX-License-Identifier: BSD-3-Clause
#include "service/config/config.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>

#include <fmt/format.h>

#include "operators/data/error.hpp"
#include "operators/data/text.hpp"

#include "service/config/yaml.hpp"

namespace annulus {
namespace {

/// More than any beamline's graph has, and a bound on the cost of a broken file.
constexpr std::size_t max_nodes = 1000;

constexpr std::array<std::string_view, 5> top_keys{"version", "service", "sources", "operators", "sinks"};

std::string read_file(const std::filesystem::path& file) {
  std::error_code no_error;
  errno = std::filesystem::is_directory(file, no_error) ? EISDIR : 0;
  std::ifstream stream;
  if (errno == 0) stream.open(file, std::ios::binary);
  if (!stream.is_open()) {
    throw ConfigError(fmt::format("{}: the file cannot be read ({})", file.string(), std::strerror(errno)));
  }
  std::string text(max_config_bytes + 1, '\0');  // one more than allowed, whatever the file's size
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

Setting setting_of(const YamlItem& item) {
  const auto* scalar = item.value.scalar();
  return {item.value.to_value(), scalar ? scalar->text : std::string(), item.line};
}

/// Reads the entry of one node.
class NodeReader {
 public:
  NodeReader(NodeSpec& spec, Mistakes& mistakes) : spec_(spec), mistakes_(mistakes) {}

  void read(const YamlNode& node) {
    if (!is_name(spec_.name)) {
      mistakes_.add(
          spec_.line, spec_.where(),
          fmt::format("'{}' cannot be a name (a name has letters, digits, '_' and '-') choose another", spec_.name));
    }
    if (node.is_null()) return;
    if (node.mapping() == nullptr) {
      add(node.line, {}, node.to_value().to_text() + " is not a mapping; write '{type: ..., ...}'");
      return;
    }
    for (const YamlItem& item : *node.mapping()) read_key(item);
  }

 private:
  void add(int line, std::string_view key, std::string_view problem) {
    mistakes_.add(line, join_keys(spec_.where(), key), problem);
  }

  void read_key(const YamlItem& item) {
    if (item.key == "type") {
      spec_.type = setting_of(item);
    } else if (item.key == "in") {
      spec_.inputs_line = item.line;
      read_inputs(item.value);
    } else if (item.key == "on_error") {
      read_policy(item);
    } else {
      spec_.settings.emplace_back(item.key, setting_of(item));
    }
  }

  void read_policy(const YamlItem& item) {
    try {
      spec_.on_error = ParamTraits<ErrorPolicy>::read(item.value.to_value());
    } catch (const ConfigError& error) {
      add(item.line, item.key, error.what());
    }
  }

  void read_inputs(const YamlNode& in) {
    if (in.mapping() == nullptr) {
      read_origins(in, {});
      return;
    }
    for (const YamlItem& item : *in.mapping()) read_origins(item.value, item.key);
    if (in.mapping()->empty()) refuse_origin(in, {});
  }

  /// A name, or a list of names.
  void read_origins(const YamlNode& node, const std::string& port) {
    if (node.sequence() == nullptr) {
      read_origin(node, port);
      return;
    }
    for (const YamlNode& entry : *node.sequence()) read_origin(entry, port);
    if (node.sequence()->empty()) refuse_origin(node, port);
  }

  void read_origin(const YamlNode& node, const std::string& port) {
    const auto* scalar = node.scalar();
    if (scalar == nullptr || scalar->value.is_null() || scalar->text.empty()) {
      refuse_origin(node, port);
      return;
    }
    if (spec_.inputs.size() == max_nodes) {
      add(node.line, "in", fmt::format("names more than {} nodes", max_nodes));
      return;
    }
    const auto same = [&](const InputSpec& input) { return input.port == port && input.from == scalar->text; };
    if (std::ranges::any_of(spec_.inputs, same)) {
      add(node.line, join_keys("in", port),
          fmt::format("'{}' is named twice (every element would arrive twice) remove one", scalar->text));
      return;
    }
    spec_.inputs.push_back({port, scalar->text, node.line});
  }

  void refuse_origin(const YamlNode& node, const std::string& port) {
    add(node.line, join_keys("in", port),
        fmt::format("{} names no node; write 'node', 'node.port', [node, ...] or {{input: node, ...}}",
                    node.to_value().to_text()));
  }

  NodeSpec& spec_;
  Mistakes& mistakes_;
};

/// Reads the whole file.
class ConfigReader {
 public:
  explicit ConfigReader(Config& config) : config_(config) {}

  void read(const YamlNode& root) {
    if (root.is_null()) {
      throw ConfigError(config_.file.string() +
                        ":1: the file is empty (a configuration has version, service, sources, operators and sinks)");
    }
    if (root.mapping() == nullptr) {
      throw ConfigError(fmt::format("{}:{}: the file is not a mapping of version, service, sources, operators, sinks",
                                    config_.file.string(), root.line));
    }
    for (const YamlItem& item : *root.mapping()) read_key(item);
    if (!version_seen_) {
      config_.mistakes.add(1, "version", "missing (it says how to read the file) write 'version: 1'");
    }
    if (!source_seen_) {
      config_.mistakes.add(1, "sources", "there is none (nothing would ever arrive) name at least one");
    }
  }

 private:
  void read_key(const YamlItem& item) {
    if (item.key == "version") {
      read_version(item);
    } else if (item.key == "service") {
      read_service_spec(item.value, config_.service, config_.mistakes);
    } else if (item.key == "sources") {
      source_seen_ = !item.value.is_null();
      read_section(Category::source, item.value);
    } else if (item.key == "operators") {
      read_section(Category::op, item.value);
    } else if (item.key == "sinks") {
      read_section(Category::sink, item.value);
    } else {
      config_.mistakes.add(item.line, item.key, "a configuration has no such key." + suggest(item.key, top_keys));
    }
  }

  void read_version(const YamlItem& item) {
    version_seen_ = true;
    const Value version = item.value.to_value();
    if (version == Value(1)) return;
    config_.mistakes.add(item.line, item.key, version.to_text() + " is not supported (this program reads version 1)");
  }

  void read_section(Category section, const YamlNode& node) {
    if (node.is_null()) return;
    if (node.mapping() == nullptr) {
      config_.mistakes.add(node.line, section_name(section),
                           node.to_value().to_text() + " is not a mapping; write 'name: {type: ..., ...}' entries");
      return;
    }
    for (const YamlItem& item : *node.mapping()) read_node(section, item);
  }

  void read_node(Category section, const YamlItem& item) {
    if (config_.nodes.size() == max_nodes) {
      throw ConfigError(fmt::format("{}:{}: more than {} nodes", config_.file.string(), item.line, max_nodes));
    }
    NodeSpec& spec = config_.nodes.emplace_back();
    spec.name = item.key;
    spec.section = section;
    spec.line = item.line;
    if (const auto [first, is_new] = lines_.emplace(item.key, item.line); !is_new) {
      config_.mistakes.add(item.line, spec.where(),
                           fmt::format("the name '{}' is taken (by line {}; a name is unique in the whole file) "
                                       "choose another",
                                       item.key, first->second));
    }
    NodeReader(spec, config_.mistakes).read(item.value);
  }

  Config& config_;
  bool version_seen_ = false;
  bool source_seen_ = false;
  std::map<std::string, int> lines_;
};

}  // namespace

std::string NodeSpec::where() const { return join_keys(section_name(section), name); }

std::filesystem::path Config::folder() const { return std::filesystem::absolute(file).parent_path(); }

std::string_view section_name(Category category) noexcept {
  switch (category) {
    case Category::source: return "sources";
    case Category::op: return "operators";
    case Category::sink: return "sinks";
  }
  return {};
}

Config load_config(const std::filesystem::path& file) { return parse_config(read_file(file), file); }

Config parse_config(std::string text, std::filesystem::path file) {
  Config config{std::move(file), std::move(text), {}, {}, Mistakes({})};
  config.mistakes = Mistakes(config.file.string());
  config.service.name = config.file.stem().string();
  ConfigReader(config).read(parse_yaml(config.text, config.file.string(), config.mistakes));
  return config;
}

}  // namespace annulus
