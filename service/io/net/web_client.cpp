// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/net/web_client.hpp"

#include <array>
#include <memory>

#include <civetweb.h>
#include <fmt/format.h>

#include "operators/data/error.hpp"

namespace annulus {
namespace {

constexpr std::size_t most_bytes = 1 << 20;
constexpr int patience_ms = 60'000;

using Connection = std::unique_ptr<mg_connection, decltype(&mg_close_connection)>;

std::string request_text(const std::string& place, std::string_view path, std::string_view json_body) {
  const std::string end = fmt::format("Host: {}\r\nConnection: close\r\n", place);
  if (json_body.empty()) return fmt::format("GET {} HTTP/1.1\r\n{}\r\n", path, end);
  return fmt::format("POST {} HTTP/1.1\r\n{}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}", path, end,
                     json_body.size(), json_body);
}

std::string rest_of(mg_connection* connection) {
  std::string body;
  std::array<char, 4096> part{};
  for (int size = 1; size > 0 && body.size() < most_bytes;) {
    size = mg_read(connection, part.data(), part.size());
    if (size > 0) body.append(part.data(), static_cast<std::size_t>(size));
  }
  return body;
}

}  // namespace

WebReply ask_server(const std::string& host, std::uint16_t port, std::string_view path, std::string_view json_body) {
  mg_init_library(MG_FEATURES_DEFAULT);
  std::array<char, 256> problem{};
  const std::string place = fmt::format("{}:{}", host, port);
  const auto fail = [&](const char* what) {
    return IoError(fmt::format("{}: {} ({}) is the service running, and its page there?", place, what, problem.data()));
  };
  const Connection connection(mg_connect_client(host.c_str(), port, 0, problem.data(), problem.size()),
                              &mg_close_connection);
  if (!connection) throw fail("nobody listens");
  const std::string request = request_text(place, path, json_body);
  mg_write(connection.get(), request.data(), request.size());
  if (mg_get_response(connection.get(), problem.data(), problem.size(), patience_ms) < 0) throw fail("no answer");
  return {.status = mg_get_response_info(connection.get())->status_code, .body = rest_of(connection.get())};
}

}  // namespace annulus
