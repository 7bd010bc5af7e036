// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "service/http/controls.hpp"
#include "service/http/status.hpp"
#include "service/http/viewer_hub.hpp"

namespace annulus {

/// What the server shows, and what may be changed. All must outlive it.
struct HttpContent {
  StatusFunction status;
  ViewerHub& hub;
  Controls controls{};
};

/// The parts of a request that matter here; absent headers are empty.
struct HttpRequest {
  std::string_view method{};
  std::string_view path{};  ///< decoded, without the query
  std::string_view query{};
  std::string_view host{};
  std::string_view origin{};
  std::string_view if_none_match{};
  std::string_view content_type{};
  std::string_view fetch_site{};  ///< Sec-Fetch-Site: where the page that asks is from, as browsers say
  std::string_view remote{};      ///< address of the client
  std::string_view body{};
  bool upgrade = false;  ///< asks for a WebSocket
};

inline constexpr std::string_view json_type = "application/json; charset=utf-8";

struct HttpReply {
  int status = 200;
  std::string_view content_type = "text/plain; charset=utf-8";
  std::string body{};
  std::string_view etag{};
};

/// Whether a Host header names this server. A page of another site can make a browser send requests to a loopback
/// address by pointing its own name there (DNS rebinding); such a request carries that name. Addresses cannot be
/// rebound, so every literal address is accepted, as are "localhost" and the names in `names`.
[[nodiscard]] bool is_own_host(std::string_view host, const std::vector<std::string>& names);

/// Equal but for upper and lower case of ASCII letters.
[[nodiscard]] bool same_text(std::string_view a, std::string_view b);

/// Whether the page that asks is the server's own, or there is none.
[[nodiscard]] bool is_own_origin(const HttpRequest& request);

/// The refusal of a request that must not be answered, or nothing: a foreign Host, a WebSocket asked for by a page
/// of another origin (browsers allow that unless the server refuses), a method other than GET and HEAD but for POST to
/// change a parameter (see refusal_of_change).
[[nodiscard]] std::optional<HttpReply> refusal_of(const HttpRequest& request, const std::vector<std::string>& names);

/// The answer to a request that was not refused.
[[nodiscard]] HttpReply answer(const HttpRequest& request, const HttpContent& content, const ViewerStatus& viewers);

/// Status line and headers, up to and including the empty line.
[[nodiscard]] std::string head_of(const HttpReply& reply);

}  // namespace annulus
