// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

struct mg_connection;
struct mg_context;

namespace annulus {

/// civetweb's server, from construction to destruction.
class WebServer final {
 public:
  /// Names and values of civetweb's options.
  using Settings = std::vector<std::pair<std::string, std::string>>;
  /// Answers a request, in one of the server's threads, and returns the status it sent; 0 leaves the request to
  /// civetweb. Must not throw.
  using Handler = std::function<int(mg_connection*)>;

  /// Listens on host:port; port 0 is any free one. Throws IoError when it cannot; `who` begins the message.
  WebServer(const std::string& who, const std::string& host, std::uint16_t port, const Settings& settings,
            Handler handler);
  /// Waits for the threads; one that waits for a silent client notices within two seconds.
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  /// For civetweb's functions that want it.
  [[nodiscard]] mg_context* context() const noexcept { return context_; }

 private:
  Handler handler_;
  std::string host_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::string complaint_;
  mg_context* context_ = nullptr;
};

}  // namespace annulus
