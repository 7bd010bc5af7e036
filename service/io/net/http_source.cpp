// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/net/http_source.hpp"

#include <algorithm>
#include <string_view>

#include <civetweb.h>
#include <fmt/format.h>

#include "operators/stream/sources.hpp"
#include "service/io/net/web_exchange.hpp"

namespace annulus {
namespace {

constexpr std::string_view request_timeout_ms = "30000";
constexpr std::chrono::milliseconds goodbye{300};

}  // namespace

HttpSource::HttpSource(std::string name, const ProducerOptions& options, std::uint16_t port,
                       const HttpSourceOptions& http)
    : ServerSource(std::move(name), "from_http_server", options, port, http.listen), http_(http) {}

void HttpSource::open() {
  wake_.lower();
  const WebServer::Settings settings{{"num_threads", std::to_string(listen_options().most_clients)},
                                     {"request_timeout_ms", std::string(request_timeout_ms)},
                                     {"enable_directory_listing", "no"},
                                     {"tcp_nodelay", "1"}};
  server_ = std::make_unique<WebServer>(name(), listen_options().host, port(), settings,
                                        [this](mg_connection* connection) { return respond(connection); });
  set_port(server_->port());
}

bool HttpSource::produce() {
  (void)wake_.wait();
  return true;
}

void HttpSource::shut() noexcept {
  // civetweb sends nothing more once it is told to stop. Who is being answered gets the answer before, and who is
  // still sending a moment to end.
  {
    std::unique_lock lock(mutex_);
    left_.wait_for(lock, goodbye, [this] { return reading_ + answering_ == 0; });
    left_.wait(lock, [this] { return answering_ == 0; });
  }
  server_.reset();
}

void HttpSource::count(int reading, int answering) {
  const std::lock_guard lock(mutex_);
  reading_ += reading;
  answering_ += answering;
  left_.notify_all();
}

int HttpSource::respond(mg_connection* connection) noexcept {
  count(1, 0);
  Reply reply{500, "the service failed on the request"};
  std::string body;
  try {
    reply = read_element(connection, body);
  } catch (const std::exception& error) {
    report({}, error.what());
  }
  count(-1, 1);
  try {
    if (reply.status == 200 && !offer(out_, std::move(body))) reply = {503, "the graph takes no elements now"};
    send(connection, reply);
  } catch (const std::exception& error) {
    report({}, error.what());
  }
  count(0, -1);
  return reply.status;
}

HttpSource::Reply HttpSource::read_element(mg_connection* connection, std::string& body) const {
  const mg_request_info* request = mg_get_request_info(connection);
  const std::string_view path = request->local_uri == nullptr ? "" : request->local_uri;
  if (!path.starts_with(http_.path)) return {404, fmt::format("elements are taken at {}", http_.path)};
  if (std::string_view(request->request_method) != "POST") return {405, "send an element with POST"};
  // Browsers name the page that asks; any page of the web could send to a service on this machine otherwise.
  const std::string origin(header_of(connection, "Origin"));
  if (!origin.empty() && std::ranges::find(http_.origins, origin) == http_.origins.end()) {
    return {403, fmt::format("pages of {} may not send here", origin)};
  }
  const Reply too_large{413, fmt::format("the body is larger than {} bytes", http_.largest_body)};
  if (request->content_length > static_cast<long long>(http_.largest_body)) return too_large;
  auto read = read_body(connection, http_.largest_body);
  if (!read) return {400, "the body is incomplete"};
  if (read->size() > http_.largest_body) return too_large;
  body = std::move(*read);
  return {200, "OK"};
}

void HttpSource::send(mg_connection* connection, const Reply& reply) {
  send_reply(connection,
             {.status = reply.status, .body = reply.text + "\n", .allow = reply.status == 405 ? "POST" : ""});
}

Stream<std::string> from_http_server(Graph& graph, std::uint16_t port, const HttpSourceOptions& http,
                                     const ProducerOptions& options) {
  return make_producer<HttpSource>(graph, "from_http_server", options, port, http);
}

}  // namespace annulus
