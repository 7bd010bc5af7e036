// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>
#include <zmq.hpp>

#include "detectors/simplon/series.hpp"
#include "tests/probe.hpp"

namespace annulus::testing {

/// A detector's socket: pushes anything, from a ZeroMQ context of its own.
class RawPusher final {
 public:
  explicit RawPusher(zmq::socket_type type = zmq::socket_type::push) : socket_(context_, type) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::sndtimeo, static_cast<int>(std::chrono::milliseconds(patience).count()));
    socket_.set(zmq::sockopt::rcvtimeo, static_cast<int>(std::chrono::milliseconds(patience).count()));
    socket_.bind("tcp://127.0.0.1:*");
  }
  [[nodiscard]] std::string endpoint() const { return socket_.get(zmq::sockopt::last_endpoint); }

  /// Waits for the next subscription, when it publishes.
  [[nodiscard]] bool has_subscriber() {
    zmq::message_t message;
    return socket_.recv(message).has_value() && message.size() > 0 && *message.data<char>() == 1;
  }
  /// Waits until somebody is there to receive.
  void send(const std::vector<simplon::Part>& parts) {
    std::size_t left = parts.size();
    for (const simplon::Part& part : parts) {
      const zmq::const_buffer bytes(part.bytes.data(), part.bytes.size());
      EXPECT_TRUE(socket_.send(bytes, --left > 0 ? zmq::send_flags::sndmore : zmq::send_flags::none));
    }
  }
  void send(const std::string& message) { send({{std::as_bytes(std::span(message)), nullptr}}); }

 private:
  zmq::context_t context_{1};
  zmq::socket_t socket_;
};

}  // namespace annulus::testing
