// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/net/web_exchange.hpp"

#include <algorithm>
#include <array>

#include <civetweb.h>
#include <fmt/format.h>

namespace annulus {
namespace {

std::string_view reason_of(int status) {
  switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 413: return "Payload Too Large";
    case 503: return "Service Unavailable";
    default: return "Internal Server Error";
  }
}

}  // namespace

RequestLine line_of(const mg_connection* connection) {
  const mg_request_info* request = mg_get_request_info(connection);
  return {request->request_method, request->local_uri == nullptr ? "" : request->local_uri};
}

std::string_view header_of(const mg_connection* connection, const char* name) {
  const char* value = mg_get_header(connection, name);
  return value == nullptr ? std::string_view{} : std::string_view(value);
}

std::optional<std::string> read_body(mg_connection* connection, std::size_t largest) {
  if (header_of(connection, "Expect") == "100-continue") mg_printf(connection, "HTTP/1.1 100 Continue\r\n\r\n");
  const long long announced = mg_get_request_info(connection)->content_length;
  std::string body;
  std::array<char, 65536> part{};
  while (body.size() <= largest) {
    const std::size_t wanted = std::min(part.size(), largest + 1 - body.size());
    const int size = mg_read(connection, part.data(), wanted);
    if (size < 0) return std::nullopt;
    if (size == 0) break;
    body.append(part.data(), static_cast<std::size_t>(size));
  }
  if (announced >= 0 && body.size() < static_cast<std::size_t>(announced) && body.size() <= largest)
    return std::nullopt;
  return body;
}

void send_reply(mg_connection* connection, const WebReply& reply) {
  mg_disable_connection_keep_alive(connection);
  const std::string allow = reply.allow.empty() ? "" : fmt::format("Allow: {}\r\n", reply.allow);
  const std::string bytes = fmt::format(
      "HTTP/1.1 {} {}\r\n{}Content-Type: {}\r\nContent-Length: {}\r\nCache-Control: no-store\r\n"
      "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n{}",
      reply.status, reason_of(reply.status), allow, reply.content_type, reply.body.size(), reply.body);
  mg_write(connection, bytes.data(), bytes.size());
}

}  // namespace annulus
