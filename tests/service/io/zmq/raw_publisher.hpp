// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <zmq.hpp>

#include "tests/probe.hpp"

namespace annulus::testing {

/// A publisher that may send anything, multipart messages too, from a ZeroMQ context of its own.
class RawPublisher final {
 public:
  RawPublisher() {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::rcvtimeo, static_cast<int>(std::chrono::milliseconds(patience).count()));
    socket_.bind("tcp://127.0.0.1:*");
  }
  [[nodiscard]] std::string endpoint() const { return socket_.get(zmq::sockopt::last_endpoint); }

  /// Waits for the next subscription.
  [[nodiscard]] bool has_subscriber() {
    zmq::message_t message;
    return socket_.recv(message).has_value() && message.size() > 0 && *message.data<char>() == 1;
  }
  void send(std::initializer_list<std::string_view> parts) {
    std::size_t left = parts.size();
    for (const std::string_view part : parts) {
      socket_.send(zmq::buffer(part), --left > 0 ? zmq::send_flags::sndmore : zmq::send_flags::none);
    }
  }

 private:
  zmq::context_t context_{1};
  zmq::socket_t socket_{context_, zmq::socket_type::xpub};
};

}  // namespace annulus::testing
