// SPDX-License-Identifier: BSD-3-Clause
#include <cstdio>
#include <filesystem>
#include <span>

#include <fmt/format.h>

#include "operators/data/error.hpp"
#include "operators/data/value.hpp"

#include "detectors/bluesky/json.hpp"
#include "service/cli/commands.hpp"
#include "service/config/scalar.hpp"
#include "service/config/service_spec.hpp"
#include "service/http/change_request.hpp"
#include "service/io/net/web_client.hpp"

namespace annulus {
namespace {

Value json_of(const WebReply& reply, const std::string& place) {
  auto decoded = bluesky::decode_json(std::as_bytes(std::span(reply.body)));
  if (!decoded) throw IoError(fmt::format("{}: the answer is not JSON (is this annulus?)", place));
  return std::move(*decoded);
}

std::string_view text_in(const Dict& dict, std::string_view key) {
  const Value* const value = dict.find(key);
  return value == nullptr ? std::string_view{} : value->text_or("");
}

/// What a word of the command line means for a parameter of this type.
Value value_of(const std::string& word, std::string_view type) {
  if (type == "text") return word;
  if (type == "path" && word != "null") return std::filesystem::absolute(word).string();
  return resolve_plain_scalar(word);
}

/// The live parameters of the service.
List parameters_at(const HttpAddress& at, const std::string& place) {
  const WebReply reply = ask_server(at.host, at.port, parameters_path);
  if (reply.status != 200) throw IoError(fmt::format("{}: {}", place, reply.body));
  const Value listed = json_of(reply, place);
  const auto* list = listed.get_if<List>();
  if (list == nullptr) throw IoError(fmt::format("{}: the answer is no list (is this annulus?)", place));
  return *list;
}

void print(const List& parameters, const std::string& node) {
  for (const Value& each : parameters) {
    const auto* p = each.get_if<Dict>();
    if (p == nullptr || (!node.empty() && text_in(*p, "node") != node)) continue;
    fmt::print("{} {}={}\n    {}: {}\n", text_in(*p, "node"), text_in(*p, "parameter"), text_in(*p, "value"),
               text_in(*p, "type"), text_in(*p, "help"));
  }
}

std::string_view type_in(const List& parameters, const std::string& node, std::string_view name) {
  for (const Value& each : parameters) {
    const auto* p = each.get_if<Dict>();
    if (p != nullptr && text_in(*p, "node") == node && text_in(*p, "parameter") == name) return text_in(*p, "type");
  }
  return {};
}

}  // namespace

int set_parameter(const SetOptions& options) {
  const HttpAddress at = parse_http_address(options.at);
  const List parameters = parameters_at(at, options.at);
  if (options.assignment.empty()) {
    print(parameters, options.node);
    return 0;
  }
  const std::size_t equals = options.assignment.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw ConfigError(fmt::format("'{}' sets nothing; write KEY=VALUE, such as poni=new.poni", options.assignment));
  }
  const std::string name = options.assignment.substr(0, equals);
  const Value value = value_of(options.assignment.substr(equals + 1), type_in(parameters, options.node, name));
  std::string body;
  bluesky::encode_json(Dict{{"node", options.node}, {"parameter", name}, {"value", value}}, body);
  const WebReply reply = ask_server(at.host, at.port, parameters_path, body);
  if (reply.status != 200 && reply.status != 202)
    throw ConfigError(reply.body.substr(0, reply.body.find_last_not_of('\n') + 1));
  fmt::print("{}.{}: {} {}\n", options.node, name, value.to_text(),
             reply.status == 200 ? "from the next frame on" : "is still being prepared; the service will log the end");
  return 0;
}

}  // namespace annulus
