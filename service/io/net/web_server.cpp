// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/net/web_server.hpp"

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <string_view>
#include <thread>

#include <arpa/inet.h>
#include <civetweb.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include "operators/data/error.hpp"

#include "service/io/net/descriptor.hpp"

namespace annulus {
namespace {

/// "Address already in use" of "cannot bind to 127.0.0.1:8080: 98 (Address already in use)".
std::string cause_in(const std::string& complaint) {
  const auto open = complaint.rfind('(');
  const auto close = complaint.rfind(')');
  if (open == std::string::npos || close == std::string::npos || close < open) return complaint;
  return complaint.substr(open + 1, close - open - 1);
}

Descriptor connect_to(const std::string& host, std::uint16_t port) {
  Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr generic{};
  static_assert(sizeof(generic) == sizeof(address));
  std::memcpy(&generic, &address, sizeof(address));
  (void)::connect(socket.get(), &generic, sizeof(generic));
  return socket;
}

/// Asks for something and waits a moment for the answer: connections are served in their order, so those that came
/// before are with a thread by then. civetweb never closes one that it finds in its queue when it stops.
void pass_the_queue(const std::string& host, std::uint16_t port) {
  constexpr std::string_view request = "OPTIONS / HTTP/1.0\r\n\r\n";
  const Descriptor socket = connect_to(host, port);
  const timeval moment{0, 300'000};
  char ignored = 0;
  (void)::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &moment, sizeof(moment));
  (void)::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL);
  (void)::recv(socket.get(), &ignored, 1, 0);
}

}  // namespace

WebServer::WebServer(const std::string& who, const std::string& host, std::uint16_t port, const Settings& settings,
                     Handler handler)
    : handler_(std::move(handler)), host_(host == "localhost" ? "127.0.0.1" : host) {
  const std::string listen = fmt::format("{}:{}", host_, port);
  std::vector<const char*> options{"listening_ports", listen.c_str()};
  for (const auto& [name, value] : settings) options.insert(options.end(), {name.c_str(), value.c_str()});
  options.push_back(nullptr);
  mg_callbacks callbacks{};
  callbacks.log_message = [](const mg_connection* connection, const char* message) {
    auto& self = *static_cast<WebServer*>(mg_get_user_data(mg_get_context(connection)));
    const std::lock_guard lock(self.mutex_);
    if (self.complaint_.empty()) self.complaint_ = message;  // the first is the cause of those that follow
    return 1;                                                // it is not for the terminal
  };
  callbacks.begin_request = [](mg_connection* connection) {
    return static_cast<WebServer*>(mg_get_user_data(mg_get_context(connection)))->handler_(connection);
  };
  mg_init_library(MG_FEATURES_DEFAULT);
  context_ = mg_start(&callbacks, this, options.data());
  if (context_ == nullptr) {
    const std::string cause = cause_in(complaint_);
    throw IoError(fmt::format("{}: cannot listen on {} ({}) {}", who, listen, cause, listen_advice(cause)));
  }
  mg_server_port ports{};
  mg_get_server_ports(context_, 1, &ports);
  port_ = static_cast<std::uint16_t>(ports.port);
}

WebServer::~WebServer() {
  pass_the_queue(host_, port_);
  std::mutex mutex;
  std::condition_variable changed;
  bool stopped = false;
  std::thread knocker([&] {
    // The accept loop looks at its stop flag only every two seconds or at the next connection, whichever comes first;
    // more than once, since the first may come before the flag is set.
    std::unique_lock lock(mutex);
    do {
      (void)connect_to(host_, port_);
    } while (!changed.wait_for(lock, std::chrono::milliseconds(20), [&] { return stopped; }));
  });
  mg_stop(context_);
  {
    const std::lock_guard lock(mutex);
    stopped = true;
  }
  changed.notify_one();
  knocker.join();
}

}  // namespace annulus
