// SPDX-License-Identifier: BSD-3-Clause
#include "service/http/http_server.hpp"

#include <array>
#include <cstring>
#include <set>
#include <thread>

#include <arpa/inet.h>
#include <civetweb.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include "operators/data/error.hpp"

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
          .upgrade = mg_get_header(connection, "Sec-WebSocket-Key") != nullptr};
}

int send(mg_connection* connection, const HttpReply& reply, std::string_view method) {
  mg_disable_connection_keep_alive(connection);
  std::string bytes = head_of(reply);
  if (method != "HEAD" && reply.status != 304) bytes += reply.body;
  mg_write(connection, bytes.data(), bytes.size());
  return reply.status;
}

/// "Address already in use" of "cannot bind to 127.0.0.1:8080: 98 (Address already in use)".
std::string cause_in(const std::string& complaint) {
  const auto open = complaint.rfind('(');
  const auto close = complaint.rfind(')');
  if (open == std::string::npos || close == std::string::npos || close < open) return complaint;
  return complaint.substr(open + 1, close - open - 1);
}

std::string advice_for(const std::string& cause) {
  if (cause.find("Permission denied") != std::string::npos) return "choose a port above 1023";
  if (cause.find("in use") != std::string::npos) {
    return "choose another port, or stop the program that listens there";
  }
  return "give the address of one of this machine's interfaces, or 127.0.0.1";
}

/// Connects to the listener and leaves: its accept loop looks at its stop flag only every two seconds or at the next
/// connection, whichever comes first.
void knock(const std::string& host, std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  if (socket < 0) return;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr generic{};
  static_assert(sizeof(generic) == sizeof(address));
  std::memcpy(&generic, &address, sizeof(address));
  (void)::connect(socket, &generic, sizeof(generic));
  ::close(socket);
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
    std::thread knocker([this] { knock(options_.host, port_); });
    mg_stop(context_);
    knocker.join();
  }

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] const std::string& host() const noexcept { return options_.host; }
  [[nodiscard]] ViewerStatus viewers() const { return {counters_.clients, counters_.skipped, counters_.dropped}; }

 private:
  static Impl& of(const mg_connection* connection) {
    return *static_cast<Impl*>(mg_get_user_data(mg_get_context(connection)));
  }

  /// A client that answers at once is gone before the threads are stopped, which is quicker for both.
  void say_goodbye() {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    for (LiveSession* session : sessions_) session->stop();
    emptied_.wait_for(lock, goodbye, [this] { return sessions_.empty(); });
  }

  void start() {
    const std::string address = options_.host == "localhost" ? "127.0.0.1" : options_.host;
    const std::string listen = fmt::format("{}:{}", address, options_.port);
    const std::string threads = std::to_string(options_.most_viewers + other_threads);
    const std::string timeout = std::to_string(options_.session.client_timeout.count());
    std::array<const char*, 15> settings = {"listening_ports", listen.c_str(), "num_threads", threads.c_str(),
                                            "request_timeout_ms", timeout.c_str(),
                                            // How soon a connection notices that it was dropped.
                                            "websocket_timeout_ms", "1000", "enable_websocket_ping_pong", "yes",
                                            "enable_directory_listing", "no", "tcp_nodelay", "1", nullptr};
    mg_callbacks callbacks{};
    callbacks.log_message = [](const mg_connection* connection, const char* message) {
      of(connection).remember(message);
      return 1;  // it is not for the terminal
    };
    callbacks.begin_request = [](mg_connection* connection) { return of(connection).respond(connection); };
    mg_init_library(MG_FEATURES_DEFAULT);
    context_ = mg_start(&callbacks, this, settings.data());
    if (context_ == nullptr) {
      const std::string cause = cause_in(complaint_);
      throw IoError(fmt::format("http: cannot listen on {} ({}) {}", listen, cause, advice_for(cause)));
    }
    mg_server_port ports{};
    mg_get_server_ports(context_, 1, &ports);
    port_ = static_cast<std::uint16_t>(ports.port);
    mg_set_websocket_handler(context_, "/live", &admit, &open, &receive, &close, this);
  }

  /// The first complaint is the cause; those that follow are its consequences.
  void remember(const char* message) {
    const std::lock_guard lock(mutex_);
    if (complaint_.empty()) complaint_ = message;
  }

  int respond(mg_connection* connection) {
    const HttpRequest request = request_of(connection);
    if (const auto refusal = refusal_of(request, names_)) return send(connection, *refusal, request.method);
    if (request.upgrade) return 0;  // civetweb shakes hands and calls admit
    try {
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
  std::string complaint_;
  mg_context* context_ = nullptr;
  std::uint16_t port_ = 0;
  SessionCounters counters_;
  std::mutex mutex_;
  std::condition_variable emptied_;
  bool stopping_ = false;
  std::set<LiveSession*> sessions_;
};

HttpServer::HttpServer(const HttpOptions& options, HttpContent content)
    : impl_(std::make_unique<Impl>(options, std::move(content))) {}
HttpServer::~HttpServer() = default;
std::uint16_t HttpServer::port() const noexcept { return impl_->port(); }
std::string HttpServer::url() const { return fmt::format("http://{}:{}/", impl_->host(), port()); }
ViewerStatus HttpServer::viewers() const { return impl_->viewers(); }

}  // namespace annulus
