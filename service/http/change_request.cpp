// SPDX-License-Identifier: BSD-3-Clause
#include "service/http/change_request.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include <fmt/format.h>

#include "operators/data/error.hpp"

#include "detectors/bluesky/json.hpp"

namespace annulus {
namespace {

constexpr std::array<std::string_view, 3> keys{"node", "parameter", "value"};
constexpr std::string_view example = R"({"node": "integrate", "parameter": "poni", "value": "/data/new.poni"})";

HttpReply text(int status, std::string body) { return {.status = status, .body = std::move(body) + "\n"}; }

HttpReply json(int status, const Value& value) {
  HttpReply reply{.status = status, .content_type = json_type};
  bluesky::encode_json(value, reply.body);
  return reply;
}

bool is_this_machine(std::string_view address) {
  return address.starts_with("127.") || address == "::1" || address.starts_with("::ffff:127.");
}

bool is_json(std::string_view content_type) {
  return same_text(content_type.substr(0, content_type.find(';')), "application/json");
}

/// The three members of the body; nothing when it has others or lacks one.
std::optional<Dict> members_of(std::string_view body) {
  auto decoded = bluesky::decode_json(std::as_bytes(std::span(body)));
  Dict* const dict = decoded ? decoded->get_if<Dict>() : nullptr;
  const auto has = [&](std::string_view key) { return dict->contains(key); };
  if (dict == nullptr || dict->size() != keys.size() || !std::ranges::all_of(keys, has)) return std::nullopt;
  return std::move(*dict);
}

}  // namespace

std::optional<HttpReply> refusal_of_change(const HttpRequest& request) {
  if (!is_this_machine(request.remote)) {
    return text(403, "parameters are changed from the machine of the service only; log in there and use annulus set");
  }
  const bool same_site =
      request.fetch_site.empty() || request.fetch_site == "same-origin" || request.fetch_site == "none";
  if (!is_own_origin(request) || !same_site) return text(403, "a page of another site may not change parameters");
  if (!is_json(request.content_type)) {
    return text(415, fmt::format("a change is sent as application/json: {}", example));
  }
  return std::nullopt;
}

HttpReply answer_change(std::string_view body, const Controls& controls) {
  if (!controls.change) return text(403, "changes are off (service.changes in the configuration)");
  const std::optional<Dict> wanted = members_of(body);
  if (!wanted) return text(400, fmt::format("the body is not as expected; write {}", example));
  const std::string node(wanted->find("node")->text_or(""));
  const std::string parameter(wanted->find("parameter")->text_or(""));
  const Value& value = *wanted->find("value");
  try {
    const ChangeState state = controls.change(node, parameter, value);
    if (state == ChangeState::busy) return text(503, "another change is being prepared; try again when it is done");
    const bool ready = state == ChangeState::ready;
    return json(
        ready ? 200 : 202,
        Dict{{"node", node}, {"parameter", parameter}, {"value", value}, {"state", ready ? "ready" : "preparing"}});
  } catch (const ConfigError& error) {
    return text(422, error.what());
  }
}

HttpReply answer_parameters(const Controls& controls) {
  List list;
  if (controls.parameters) {
    for (const LiveParameter& p : controls.parameters()) {
      list.emplace_back(
          Dict{{"node", p.node}, {"parameter", p.name}, {"type", p.type}, {"value", p.value}, {"help", p.help}});
    }
  }
  return json(200, std::move(list));
}

}  // namespace annulus
