// SPDX-License-Identifier: BSD-3-Clause
#include "service/http/http_server.hpp"

#include <set>

#include <civetweb.h>
#include <fmt/format.h>

#include "service/http/change_request.hpp"
#include "service/io/net/web_exchange.hpp"
#include "service/io/net/web_server.hpp"

namespace annulus {
namespace {

constexpr std::chrono::milliseconds goodbye{300};
constexpr std::size_t other_threads = 6;  // for everything that is not a live page; each request is short

std::string_view header(const mg_connection* connection, const char* name) {
  const char* value = mg_get_header(connection, name);
  return value == nullptr ? std::string_view{} : std::string_view(value);
}

std::string_view text_or_empty(const char* text) { return text == nullptr ? std::string_view{} : text; }

HttpRequest request_of(const mg_connection* connection) {
  const mg_request_info* info = mg_get_request_info(connection);
  return {.method = text_or_empty(info->request_method),
          .path = text_or_empty(info->local_uri),
          .query = text_or_empty(info->query_string),
          .host = header(connection, "Host"),
          .origin = header(connection, "Origin"),
          .if_none_match = header(connection, "If-None-Match"),
          .content_type = header(connection, "Content-Type"),
          .fetch_site = header(connection, "Sec-Fetch-Site"),
          .remote = info->remote_addr,
          .upgrade = mg_get_header(connection, "Sec-WebSocket-Key") != nullptr};
}

int send(mg_connection* connection, const HttpReply& reply, std::string_view method) {
  mg_disable_connection_keep_alive(connection);
  std::string bytes = head_of(reply);
  if (method != "HEAD" && reply.status != 304) bytes += reply.body;
  mg_write(connection, bytes.data(), bytes.size());
  return reply.status;
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(const HttpOptions& options, HttpContent content)
      : options_(options), content_(std::move(content)), names_(options.allowed_hosts) {
    names_.push_back(options.host);
    start();
  }

  ~Impl() {
    say_goodbye();
    server_.reset();
  }

  [[nodiscard]] std::uint16_t port() const noexcept { return server_->port(); }
  [[nodiscard]] const std::string& host() const noexcept { return options_.host; }
  [[nodiscard]] ViewerStatus viewers() const { return {counters_.clients, counters_.skipped, counters_.dropped}; }

 private:
  /// A client that answers at once is gone before the threads are stopped, which is quicker for both.
  void say_goodbye() {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    for (LiveSession* session : sessions_) session->stop();
    emptied_.wait_for(lock, goodbye, [this] { return sessions_.empty(); });
  }

  void start() {
    const WebServer::Settings settings{
        {"num_threads", std::to_string(options_.most_viewers + other_threads)},
        {"request_timeout_ms", std::to_string(options_.session.client_timeout.count())},
        {"websocket_timeout_ms", "1000"},  // how soon a connection notices that it was dropped
        {"enable_websocket_ping_pong", "yes"},
        {"enable_directory_listing", "no"},
        {"tcp_nodelay", "1"}};
    server_ = std::make_unique<WebServer>("http", options_.host, options_.port, settings,
                                          [this](mg_connection* connection) { return respond(connection); });
    mg_set_websocket_handler(server_->context(), "/live", &admit, &open, &receive, &close, this);
  }

  int respond(mg_connection* connection) {
    HttpRequest request = request_of(connection);
    if (const auto refusal = refusal_of(request, names_)) return send(connection, *refusal, request.method);
    if (request.upgrade) return 0;  // civetweb shakes hands and calls admit
    try {
      std::optional<std::string> body;
      if (request.method == "POST") {
        body = read_body(connection, most_change_bytes);
        if (!body) return send(connection, {.status = 400, .body = "the body is incomplete\n"}, request.method);
        if (body->size() > most_change_bytes) {
          return send(connection, {.status = 413, .body = "the body is too long\n"}, request.method);
        }
        request.body = *body;
      }
      return send(connection, answer(request, content_, viewers()), request.method);
    } catch (const std::exception& error) {
      return send(connection, {.status = 500, .body = fmt::format("{}\n", error.what())}, request.method);
    }
  }

  static int admit(const mg_connection* connection, void* self) {
    Impl& server = *static_cast<Impl*>(self);
    const std::lock_guard lock(server.mutex_);
    if (!server.stopping_ && server.sessions_.size() < server.options_.most_viewers) return 0;
    // civetweb hands its handler a const connection, yet expects a refusal to be written to it.
    send(const_cast<mg_connection*>(connection), {.status = 503, .body = "too many live pages are open; close one\n"},
         "GET");
    return 1;
  }

  static void open(mg_connection* connection, void* self) {
    Impl& server = *static_cast<Impl*>(self);
    auto session =
        std::make_unique<LiveSession>(connection, server.content_, server.options_.session, server.counters_);
    const std::lock_guard lock(server.mutex_);
    if (server.stopping_) session->stop();
    server.sessions_.insert(session.get());
    server.counters_.clients = server.sessions_.size();
    mg_set_user_connection_data(connection, session.release());
  }

  static int receive(mg_connection* connection, int bits, char*, std::size_t, void*) {
    constexpr int opcode_mask = 0xF;
    const int opcode = bits & opcode_mask;
    auto* session = static_cast<LiveSession*>(mg_get_user_connection_data(connection));
    if (opcode == MG_WEBSOCKET_OPCODE_TEXT) session->acknowledged();
    return opcode == MG_WEBSOCKET_OPCODE_CONNECTION_CLOSE ? 0 : 1;
  }

  static void close(const mg_connection* connection, void* self) {
    Impl& server = *static_cast<Impl*>(self);
    const std::unique_ptr<LiveSession> session(static_cast<LiveSession*>(mg_get_user_connection_data(connection)));
    const std::lock_guard lock(server.mutex_);
    server.sessions_.erase(session.get());
    server.counters_.clients = server.sessions_.size();
    server.emptied_.notify_all();
  }

  HttpOptions options_;
  HttpContent content_;
  std::vector<std::string> names_;
  SessionCounters counters_;
  std::mutex mutex_;
  std::condition_variable emptied_;
  bool stopping_ = false;
  std::set<LiveSession*> sessions_;
  std::unique_ptr<WebServer> server_;
};

HttpServer::HttpServer(const HttpOptions& options, HttpContent content)
    : impl_(std::make_unique<Impl>(options, std::move(content))) {}
HttpServer::~HttpServer() = default;
std::uint16_t HttpServer::port() const noexcept { return impl_->port(); }
std::string HttpServer::url() const { return fmt::format("http://{}:{}/", impl_->host(), port()); }
ViewerStatus HttpServer::viewers() const { return impl_->viewers(); }

}  // namespace annulus
