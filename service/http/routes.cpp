// SPDX-License-Identifier: BSD-3-Clause
#include "service/http/routes.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include <arpa/inet.h>
#include <fmt/format.h>

#include "operators/data/error.hpp"

#include "service/http/assets.hpp"
#include "service/http/change_request.hpp"
#include "service/http/metrics.hpp"
#include "service/http/status_json.hpp"

namespace annulus {
namespace {

// The page loads nothing from elsewhere and is framed by nobody. blob: is the preview received over the WebSocket.
constexpr std::string_view security_headers =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n";

std::string_view reason_of(int status) {
  switch (status) {
    case 200: return "OK";
    case 202: return "Accepted";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 413: return "Payload Too Large";
    case 415: return "Unsupported Media Type";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 426: return "Upgrade Required";
    case 503: return "Service Unavailable";
    default: return "Internal Server Error";
  }
}

HttpReply text(int status, std::string body) { return {.status = status, .body = std::move(body)}; }

HttpReply json_reply(std::string body) { return {.content_type = json_type, .body = std::move(body)}; }

/// "localhost" of "localhost:8080", "[::1]" of "[::1]:8080".
std::string_view without_port(std::string_view host) {
  const auto colon = host.rfind(':');
  const auto bracket = host.rfind(']');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) return host;
  return host.substr(0, colon);
}

bool is_address(std::string_view host) {
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const std::string literal(bracketed ? host.substr(1, host.size() - 2) : host);
  in6_addr ignored{};
  return inet_pton(bracketed ? AF_INET6 : AF_INET, literal.c_str(), &ignored) == 1;
}

HttpReply asset_reply(const Asset& asset, std::string_view if_none_match) {
  HttpReply reply{.content_type = asset.content_type, .body = {}, .etag = asset.etag};
  if (if_none_match == asset.etag) {
    reply.status = 304;
  } else {
    reply.body = asset.content;
  }
  return reply;
}

/// The value of `key` in "a=1&name=x"; names of outputs need no escapes.
std::string query_value(std::string_view query, std::string_view key) {
  while (!query.empty()) {
    const auto end = query.find('&');
    const std::string_view item = query.substr(0, end);
    if (item.starts_with(key) && item.substr(key.size()).starts_with('=')) {
      return std::string(item.substr(key.size() + 1));
    }
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
  }
  return {};
}

HttpReply pattern_reply(const ViewerHub& hub, std::string_view query) {
  const auto pattern = hub.latest_pattern(query_value(query, "name"));
  if (!pattern) return text(404, "no pattern yet\n");
  return json_reply(json_of(*pattern));
}

HttpReply preview_reply(ViewerHub& hub) {
  try {
    const auto preview = hub.latest_preview();
    if (!preview) return text(404, "no frame yet\n");
    return {.content_type = "image/png", .body = preview->preview.png};
  } catch (const DataError& error) {
    return text(404, fmt::format("{}\n", error.what()));
  }
}

HttpReply health_reply(const Status& status) {
  const Health health = health_of(status);
  return {.status = health.http_status, .content_type = json_type, .body = health.json + "\n"};
}

}  // namespace

bool same_text(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

bool is_own_origin(const HttpRequest& request) {
  if (request.origin.empty()) return true;  // not a browser
  const auto scheme = request.origin.find("://");
  return scheme != std::string_view::npos && same_text(request.origin.substr(scheme + 3), request.host);
}

bool is_own_host(std::string_view host, const std::vector<std::string>& names) {
  const std::string_view name = without_port(host);
  return is_address(name) || same_text(name, "localhost") ||
         std::any_of(names.begin(), names.end(), [&](const std::string& own) { return same_text(name, own); });
}

std::optional<HttpReply> refusal_of(const HttpRequest& request, const std::vector<std::string>& names) {
  if (!is_own_host(request.host, names)) {
    return text(421, fmt::format("this server is not '{}' (a foreign name in the address may be an attack) "
                                 "open it by its address, or add the name to the service's allowed hosts\n",
                                 request.host));
  }
  const bool is_change = request.method == "POST" && request.path == parameters_path;
  if (!is_change && request.method != "GET" && request.method != "HEAD") {
    return text(405, fmt::format("{} is not allowed here (this only shows) use GET or HEAD\n", request.method));
  }
  if (request.upgrade && request.path != "/live") return text(404, "the WebSocket is at /live\n");
  if (request.upgrade && !is_own_origin(request)) return text(403, "the WebSocket is for this server's own page\n");
  if (is_change) return refusal_of_change(request);
  return std::nullopt;
}

HttpReply answer(const HttpRequest& request, const HttpContent& content, const ViewerStatus& viewers) {
  const std::string_view path = request.path;
  if (request.method == "POST") return answer_change(request.body, content.controls);
  if (path == parameters_path) return answer_parameters(content.controls);
  if (path == "/metrics") {
    return {.content_type = "text/plain; version=0.0.4; charset=utf-8",
            .body = prometheus_text(content.status(), viewers)};
  }
  if (path == "/healthz") return health_reply(content.status());
  if (path == "/api/status") return json_reply(dump(to_json(content.status(), viewers)));
  if (path == "/api/pattern") return pattern_reply(content.hub, request.query);
  if (path == "/api/preview.png") return preview_reply(content.hub);
  if (path == "/live") return text(426, "this address speaks WebSocket (docs/viewer-protocol.md)\n");
  for (const Asset& asset : viewer_assets()) {
    if (path == asset.path) return asset_reply(asset, request.if_none_match);
  }
  return text(404, "not found; try / /healthz /metrics /api/status /api/pattern /api/preview.png /api/parameters\n");
}

std::string head_of(const HttpReply& reply) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\n", reply.status, reason_of(reply.status));
  if (reply.status != 304) {
    head += fmt::format("Content-Type: {}\r\nContent-Length: {}\r\n", reply.content_type, reply.body.size());
  }
  // The page must follow the program it came with: always ask, and answer "not modified" when it did not change.
  head += reply.etag.empty() ? "Cache-Control: no-store\r\n"
                             : fmt::format("Cache-Control: no-cache\r\nETag: {}\r\n", reply.etag);
  if (reply.status == 405) head += "Allow: GET, HEAD\r\n";
  if (reply.status == 426) head += "Upgrade: websocket\r\n";
  head += security_headers;
  head += reply.status == 426 ? "Connection: close, Upgrade\r\n\r\n" : "Connection: close\r\n\r\n";
  return head;
}

}  // namespace annulus
