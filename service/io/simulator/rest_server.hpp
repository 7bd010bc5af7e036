// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

#include "service/io/net/web_exchange.hpp"
#include "service/io/net/web_server.hpp"
#include "service/io/simulator/simulated_detector.hpp"

namespace annulus {

/// Serves the SIMPLON API of a simulated detector, from construction to destruction.
class RestServer final {
 public:
  /// Port 0 is any free one. Throws IoError when it cannot listen there.
  RestServer(SimulatedDetector& detector, const std::string& host, std::uint16_t port);

  [[nodiscard]] std::uint16_t port() const noexcept { return server_.port(); }

 private:
  [[nodiscard]] WebReply reply_to(mg_connection* connection);

  SimulatedDetector& detector_;
  WebServer server_;
};

}  // namespace annulus
