// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

struct mg_connection;

namespace annulus {

/// The method and the decoded path of the request, without the query.
struct RequestLine {
  std::string_view method;
  std::string_view path;
};
[[nodiscard]] RequestLine line_of(const mg_connection* connection);

/// A header of the request; empty when it is absent.
[[nodiscard]] std::string_view header_of(const mg_connection* connection, const char* name);

/// The body of the request; nothing when the client broke off. One byte more than `largest` at most.
[[nodiscard]] std::optional<std::string> read_body(mg_connection* connection, std::size_t largest);

struct WebReply {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body{};
  std::string allow{};  ///< methods that are possible, with status 405
};

/// Sends the answer, after which the connection is closed.
void send_reply(mg_connection* connection, const WebReply& reply);

}  // namespace annulus
