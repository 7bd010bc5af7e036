// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "service/cli/commands.hpp"
#include "service/io/zmq/socket.hpp"

namespace annulus {

/// Where a replay sends whole messages; nothing is lost when the receiver is slow.
class WireOutlet {
 public:
  /// Opens the socket that the options name, of kind `fallback` when they name none ("pub", "push"), and waits for a
  /// receiver. Throws ConfigError, and IoError when nobody listens in time.
  WireOutlet(const ReplayOptions& options, const std::string& fallback);

  /// Sends at time `due`, or at once when that is over.
  void send(const WireParts& parts, std::chrono::steady_clock::time_point due = {});
  [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }
  /// "3 messages played in 1.5 s"
  [[nodiscard]] std::string summary() const;

 private:
  OutSocket socket_;
  std::chrono::steady_clock::time_point begin_;
  std::uint64_t sent_ = 0;
};

/// A factor of time, or infinity for "max". Throws ConfigError naming the option.
[[nodiscard]] double parse_speed(const std::string& text);

}  // namespace annulus
