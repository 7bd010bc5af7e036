// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "service/http/live_session.hpp"

namespace annulus {

struct HttpOptions {
  std::string host = "127.0.0.1";          ///< IPv4 address or name to listen on; loopback unless configured
  std::uint16_t port = 8080;               ///< 0: any free port
  std::vector<std::string> allowed_hosts;  ///< further names by which browsers may address this server
  std::size_t most_viewers = 16;           ///< live pages served at a time; more are refused
  SessionOptions session;
};

/// The page, its live feed, the metrics and the health check. Listens from construction to destruction.
///
///   /                  the page, and its files        /healthz          200 or 503 with the reason
///   /live              WebSocket                      /metrics          Prometheus text
///   /api/status        JSON                           /api/pattern      JSON, ?name=OUTPUT
///   /api/preview.png   the newest frame           /api/parameters   what may be changed; POST changes it
///
/// The forms are in docs/viewer-protocol.md.
class HttpServer final {
 public:
  /// Throws IoError when it cannot listen there.
  HttpServer(const HttpOptions& options, HttpContent content);
  /// Says goodbye to the clients and waits for the threads that serve them.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// The port it listens on.
  [[nodiscard]] std::uint16_t port() const noexcept;
  /// "http://127.0.0.1:8080/"
  [[nodiscard]] std::string url() const;
  [[nodiscard]] ViewerStatus viewers() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace annulus
