// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "detectors/bluesky/wire.hpp"
#include "service/io/replay/recording.hpp"
#include "service/io/zmq/socket.hpp"

namespace annulus {

/// Where and how documents are sent.
struct Outlet {
  std::optional<std::string> connect;
  std::optional<std::string> bind;
  std::string prefix;
  std::string serializer;
  double rate_hz = 0;                     ///< events per second; 0: no limit
  double wait_s = 0;                      ///< how long to wait for a receiver before the first document
  std::vector<std::uint64_t> truncate{};  ///< frames whose messages are cut in half
};

/// Sends recordings to ZeroMQ subscribers at a steady rate.
class Player {
 public:
  /// Throws ConfigError for a serializer that is not known or an outlet without an endpoint, IoError when nobody
  /// listens in time.
  explicit Player(const Outlet& outlet);

  /// Sends everything. Returns the number of events.
  std::uint64_t play(Recording& recording);

 private:
  void wait_for_turn();
  [[nodiscard]] std::string message_of(const Document& document, bluesky::Serializer serializer) const;

  Outlet outlet_;
  OutSocket socket_;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace annulus
