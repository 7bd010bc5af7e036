// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/simulator/rest_server.hpp"

#include <cstddef>
#include <exception>

#include "service/io/simulator/simplon_rest.hpp"

namespace annulus {
namespace {

constexpr std::size_t largest_body = 1 << 20;

// A trigger holds its thread until its images have been sent; others must be able to abort it.
const WebServer::Settings settings{
    {"num_threads", "16"}, {"request_timeout_ms", "10000"}, {"enable_directory_listing", "no"}, {"tcp_nodelay", "1"}};

}  // namespace

RestServer::RestServer(SimulatedDetector& detector, const std::string& host, std::uint16_t port)
    : detector_(detector), server_("--rest", host, port, settings, [this](mg_connection* connection) {
        const WebReply reply = reply_to(connection);
        send_reply(connection, reply);
        return reply.status;
      }) {}

WebReply RestServer::reply_to(mg_connection* connection) {
  try {
    // A detector's clients are programs. A browser names the page that asks, which may be any page of the web.
    if (!header_of(connection, "Origin").empty()) return {.status = 403, .body = "web pages may not ask here\n"};
    const auto body = read_body(connection, largest_body);
    if (!body) return {.status = 400, .body = "the body is incomplete\n"};
    if (body->size() > largest_body) return {.status = 413, .body = "the body is too large\n"};
    const auto [method, path] = line_of(connection);
    return answer_simplon(detector_, method, path, *body);
  } catch (const std::exception& error) {
    return {.status = 500, .body = std::string(error.what()) + "\n"};
  }
}

}  // namespace annulus
