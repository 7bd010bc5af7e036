// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/simulator/simplon_rest.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include <fmt/format.h>

#include "operators/data/text.hpp"

#include "detectors/bluesky/json.hpp"
#include "detectors/simplon/series_header.hpp"

namespace annulus {
namespace {

constexpr std::array<std::string_view, 4> subsystems{"detector", "stream", "monitor", "filewriter"};
constexpr std::array<std::string_view, 2> versions{"1.6.0", "1.8.0"};
constexpr std::array<std::string_view, 3> tasks{"config", "status", "command"};
constexpr std::array<std::string_view, 8> commands{"initialize", "arm",   "trigger", "disarm",
                                                   "cancel",     "abort", "wait",    "status_update"};
constexpr std::array<std::string_view, 1> stream_commands{"initialize"};

/// A path, taken apart: "detector", "config", "threshold/1/energy".
struct Target {
  std::string subsystem;
  std::string task;
  std::string key;
};

WebReply json(const Value& value) {
  WebReply reply{.content_type = "application/json; charset=utf-8"};
  bluesky::encode_json(value, reply.body);
  return reply;
}

WebReply done() { return {.content_type = "application/json; charset=utf-8"}; }

WebReply refusal(int status, std::string_view text) { return {.status = status, .body = fmt::format("{}\n", text)}; }

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::ranges::find(words, word) != words.end();
}

/// The piece of the path before the next slash, which goes with it.
std::string_view take(std::string_view& path) {
  const std::size_t end = std::min(path.find('/'), path.size());
  const std::string_view piece = path.substr(0, end);
  path.remove_prefix(std::min(end + 1, path.size()));
  return piece;
}

std::span<const std::string_view> commands_of(const std::string& subsystem) {
  if (subsystem == "detector") return commands;
  if (subsystem == "stream") return stream_commands;
  return {};
}

WebReply keys_of(const SimulatedDetector& detector, const Target& target) {
  List keys;
  if (target.task == "command") {
    for (const std::string_view command : commands_of(target.subsystem)) keys.emplace_back(command);
  } else {
    for (std::string& key : detector.keys(target.subsystem, target.task)) keys.emplace_back(std::move(key));
  }
  return json(std::move(keys));
}

std::string name_of(const Target& target) { return fmt::format("{}/{}/{}", target.subsystem, target.task, target.key); }

WebReply unknown(const SimulatedDetector& detector, const Target& target) {
  const std::vector<std::string> keys = detector.keys(target.subsystem, target.task);
  const std::vector<std::string_view> known(keys.begin(), keys.end());
  return refusal(404, fmt::format("{} is not known.{}", name_of(target), suggest(target.key, known)));
}

WebReply get(const SimulatedDetector& detector, const Target& target) {
  if (target.key == "keys") return keys_of(detector, target);
  if (target.task == "command") return refusal(405, "a command is sent with PUT");
  const auto described = detector.get(name_of(target));
  return described ? json(*described) : unknown(detector, target);
}

/// {"value": x}, or a bare x, as some clients send it; nothing when there is no body.
Expected<std::optional<Value>, DecodeError> value_in(const std::string& body) {
  if (body.find_first_not_of(" \t\r\n") == std::string::npos) return std::nullopt;
  auto decoded = bluesky::decode_json(std::as_bytes(std::span(body)));
  if (!decoded) return Unexpected<DecodeError>(std::move(decoded.error()));
  if (const Dict* object = decoded->get_if<Dict>()) {
    const Value* value = object->find("value");
    return value == nullptr ? std::nullopt : std::optional(*value);
  }
  return std::optional(std::move(*decoded));
}

WebReply command(SimulatedDetector& detector, const Target& target, const std::optional<Value>& argument) {
  const std::string& name = target.key;
  const auto known = commands_of(target.subsystem);
  if (std::ranges::find(known, name) == known.end()) {
    return refusal(404, fmt::format("{} has no command '{}'.{}", target.subsystem, name, suggest(name, known)));
  }
  const auto sequence = [](std::uint64_t series) { return json(Dict{{"sequence id", series}}); };
  if (target.subsystem == "detector") {
    if (name == "arm") return sequence(detector.arm());
    if (name == "disarm") return sequence(detector.disarm());
    if (name == "cancel" || name == "abort") return sequence(detector.abort());
    if (name == "initialize") detector.initialize();
    if (name == "trigger") detector.trigger(argument ? simplon::number_of(&*argument) : std::nullopt);
    if (name == "wait") detector.wait();
  }
  return done();
}

WebReply put(SimulatedDetector& detector, const Target& target, const std::string& body) {
  const auto value = value_in(body);
  if (!value) return refusal(400, fmt::format("the body cannot be read: {}", to_string(value.error())));
  if (target.task == "command") return command(detector, target, *value);
  if (!detector.get(name_of(target))) return unknown(detector, target);
  if (!*value)
    return refusal(400, fmt::format("{}: no value (the body is empty) send {{\"value\": ...}}", name_of(target)));
  const auto changed = detector.put(name_of(target), **value);
  return changed ? json(*changed) : refusal(400, changed.error());
}

}  // namespace

WebReply answer_simplon(SimulatedDetector& detector, std::string_view method, std::string_view path,
                        const std::string& body) {
  const std::string whole(path);
  const auto not_found = [&] {
    return refusal(404, fmt::format("{} is not part of the API (/detector/api/1.8.0/config/keys is)", whole));
  };
  if (path.starts_with('/')) path.remove_prefix(1);
  Target target{std::string(take(path)), {}, {}};
  if (!is_one_of(target.subsystem, subsystems) || take(path) != "api") return not_found();
  const std::string_view version = take(path);
  if (version == "version" && path.empty() && method == "GET") {
    return json(Dict{{"access_mode", "r"}, {"value", versions.back()}, {"value_type", "string"}});
  }
  target.task = take(path);
  target.key = path;
  while (target.key.ends_with('/')) target.key.pop_back();
  if (!is_one_of(version, versions) || !is_one_of(target.task, tasks) || target.key.empty()) return not_found();
  try {
    if (method == "GET") return get(detector, target);
    if (method == "PUT") return put(detector, target, body);
  } catch (const StateError& error) {
    return refusal(400, error.what());
  } catch (const DataError& error) {
    return refusal(400, error.what());
  }
  WebReply reply = refusal(405, fmt::format("{} is not possible here", method));
  reply.allow = "GET, PUT";
  return reply;
}

}  // namespace annulus
