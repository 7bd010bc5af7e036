// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/net/http_source.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include <civetweb.h>
#include <fmt/format.h>

#include "operators/stream/sources.hpp"

namespace annulus {
namespace {

constexpr std::string_view request_timeout_ms = "30000";
constexpr std::chrono::milliseconds goodbye{300};

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

std::string_view header(const mg_connection* connection, const char* name) {
  const char* value = mg_get_header(connection, name);
  return value == nullptr ? std::string_view{} : std::string_view(value);
}

/// The body; nothing when the client broke off. One byte more than `largest` at most.
std::optional<std::string> read_body(mg_connection* connection, long long announced, std::size_t largest) {
  if (header(connection, "Expect") == "100-continue") mg_printf(connection, "HTTP/1.1 100 Continue\r\n\r\n");
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
  const std::string origin(header(connection, "Origin"));
  if (!origin.empty() && std::ranges::find(http_.origins, origin) == http_.origins.end()) {
    return {403, fmt::format("pages of {} may not send here", origin)};
  }
  const Reply too_large{413, fmt::format("the body is larger than {} bytes", http_.largest_body)};
  if (request->content_length > static_cast<long long>(http_.largest_body)) return too_large;
  auto read = read_body(connection, request->content_length, http_.largest_body);
  if (!read) return {400, "the body is incomplete"};
  if (read->size() > http_.largest_body) return too_large;
  body = std::move(*read);
  return {200, "OK"};
}

void HttpSource::send(mg_connection* connection, const Reply& reply) {
  mg_disable_connection_keep_alive(connection);
  const std::string bytes = fmt::format(
      "HTTP/1.1 {} {}\r\n{}Content-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n"
      "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n{}\n",
      reply.status, reason_of(reply.status), reply.status == 405 ? "Allow: POST\r\n" : "", reply.text.size() + 1,
      reply.text);
  mg_write(connection, bytes.data(), bytes.size());
}

Stream<std::string> from_http_server(Graph& graph, std::uint16_t port, const HttpSourceOptions& http,
                                     const ProducerOptions& options) {
  return make_producer<HttpSource>(graph, "from_http_server", options, port, http);
}

}  // namespace annulus
