// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "service/io/wire/message.hpp"
#include "service/io/zmq/curve.hpp"

namespace annulus {

/// How a socket joins its endpoint.
enum class Attach : std::uint8_t { connect, bind };

struct SocketOptions {
  Attach attach = Attach::connect;
  std::string endpoint{};
  int queue = 1000;  ///< messages that ZeroMQ keeps here, or for each receiver
  std::optional<CurveSecurity> curve{};
};

/// A socket that receives: SUB takes every message of its publishers (Bluesky filters by prefix after receiving), PULL
/// its share of what a detector pushes. One thread at a time.
class InSocket final : public MessageSource {
 public:
  enum class Kind : std::uint8_t { sub, pull };

  /// Throws IoError naming the endpoint.
  InSocket(Kind kind, const SocketOptions& options);
  ~InSocket() override;
  InSocket(InSocket&&) noexcept;

  /// The next message, or nothing after `patience`. Of a message with more than 64 parts the rest is dropped.
  std::optional<WireParts> receive(std::chrono::milliseconds patience) override;
  [[nodiscard]] bool ended() const override { return false; }
  /// The endpoint as bound or connected (with the true port for "tcp://127.0.0.1:*").
  [[nodiscard]] std::string endpoint() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What a publishing socket does when a subscriber has `queue` messages waiting.
enum class SlowSubscriber : std::uint8_t {
  loses,  ///< that subscriber loses messages, the others do not, and send() never waits: for live data
  holds,  ///< send() waits for it: for recordings, of which nothing may be lost
};

/// A socket that sends: PUB to every subscriber, PUSH each message to one of its receivers, as detectors do; PUSH waits
/// when there is none or all are full. One thread at a time.
class OutSocket {
 public:
  enum class Kind : std::uint8_t { pub, push };

  /// Throws IoError naming the endpoint. `slow` is for PUB.
  OutSocket(Kind kind, const SocketOptions& options, SlowSubscriber slow = SlowSubscriber::loses);
  ~OutSocket();
  OutSocket(OutSocket&&) noexcept;

  /// Takes over the bytes: a message of one part.
  void send(std::string bytes);
  /// A message of these parts, whose bytes are shared, not copied. False when there was no room after `patience`:
  /// nothing has been sent. Throws IoError.
  bool send(const WireParts& parts, std::chrono::milliseconds patience);
  /// True once somebody has subscribed (PUB), or is there to receive (PUSH); waits at most `patience`. What is
  /// published before reaches nobody.
  bool wait_for_receiver(std::chrono::milliseconds patience);
  [[nodiscard]] std::string endpoint() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Why an endpoint cannot work ("tcp://host:port", "ipc:///path"), or empty.
[[nodiscard]] std::string endpoint_problem(const std::string& endpoint);

}  // namespace annulus
