// SPDX-License-Identifier: BSD-3-Clause
#include "service/config/service_spec.hpp"

#include <charconv>
#include <vector>

#include <fmt/format.h>

#include "operators/data/error.hpp"
#include "operators/data/text.hpp"

#include "operators/stream/param.hpp"

namespace annulus {
namespace {

const YamlNode::Scalar& scalar_of(const YamlNode& node) {
  if (const auto* scalar = node.scalar()) return *scalar;
  throw ConfigError(node.to_value().to_text() + " is not a single value");
}

void read_name(const YamlNode& node, ServiceSpec& spec) {
  const auto& scalar = scalar_of(node);
  if (scalar.value.is_null() || scalar.text.empty()) throw ConfigError("the name is empty");
  spec.name = scalar.text;
}

void read_http(const YamlNode& node, ServiceSpec& spec) {
  const auto& scalar = scalar_of(node);
  const bool off = scalar.text == "off" || scalar.text == "none" || scalar.value == Value(false);
  spec.http = off ? std::nullopt : std::optional(parse_http_address(scalar.text));
}

void read_shutdown(const YamlNode& node, ServiceSpec& spec) {
  spec.shutdown_s = ParamTraits<double>::read(node.to_value());
  if (spec.shutdown_s < 0) throw ConfigError("the time is negative (must be at least 0 s)");
}

void read_changes(const YamlNode& node, ServiceSpec& spec) {
  spec.changes = ParamTraits<ChangesFrom>::read(node.to_value());
}

struct Key {
  std::string_view name;
  void (*read)(const YamlNode&, ServiceSpec&);
};
constexpr Key keys[] = {
    {"name", read_name}, {"http", read_http}, {"changes", read_changes}, {"shutdown_seconds", read_shutdown}};

void read_key(const YamlItem& item, ServiceSpec& spec) {
  std::vector<std::string_view> names;
  for (const Key& key : keys) {
    if (key.name == item.key) return key.read(item.value, spec);
    names.push_back(key.name);
  }
  throw ConfigError("the service has no such key." + suggest(item.key, names));
}

}  // namespace

const std::vector<std::string_view>& EnumNames<ChangesFrom>::names() {
  static const std::vector<std::string_view> list{"local", "off"};
  return list;
}

HttpAddress parse_http_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  std::string_view host = colon == std::string_view::npos ? "127.0.0.1" : text.substr(0, colon);
  const std::string_view port = colon == std::string_view::npos ? text : text.substr(colon + 1);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  const bool bad_host = host.empty() || (!bracketed && host.find_first_of(":/ ") != std::string_view::npos);
  if (bad_host || error != std::errc() || end != port.data() + port.size()) {
    throw ConfigError(fmt::format("'{}' is not an address (host:port, such as 127.0.0.1:8080; or off)", text));
  }
  if (bracketed) host = host.substr(1, host.size() - 2);
  return {std::string(host), number};
}

void read_service_spec(const YamlNode& section, ServiceSpec& spec, Mistakes& mistakes) {
  if (section.is_null()) return;
  if (section.mapping() == nullptr) {
    mistakes.add(section.line, "service",
                 section.to_value().to_text() + " is not a mapping; write 'service: {name: ..., http: ...}'");
    return;
  }
  for (const YamlItem& item : *section.mapping()) {
    try {
      read_key(item, spec);
    } catch (const ConfigError& error) {
      mistakes.add(item.line, join_keys("service", item.key), error.what());
    }
  }
}

}  // namespace annulus
