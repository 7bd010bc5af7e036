// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace annulus {

/// A received single-part message. The bytes stay where ZeroMQ put them; `owner` keeps them alive.
struct WireMessage {
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;
};

/// How a socket joins its endpoint.
enum class Attach : std::uint8_t { connect, bind };

/// A SUB socket that takes every message (Bluesky filters by prefix after receiving). One thread at a time.
class SubSocket {
 public:
  /// `queue`: messages kept by ZeroMQ before the sender starts to drop. Throws IoError naming the endpoint.
  SubSocket(Attach attach, const std::string& endpoint, int queue);
  ~SubSocket();
  SubSocket(SubSocket&&) noexcept;

  /// The next message, or nothing after `patience`. Multipart messages are not part of the Bluesky protocol: their
  /// parts after the first are dropped and counted in stray_parts().
  std::optional<WireMessage> receive(std::chrono::milliseconds patience);
  /// The endpoint as bound or connected (with the true port for "tcp://127.0.0.1:*").
  [[nodiscard]] std::string endpoint() const;
  [[nodiscard]] std::uint64_t stray_parts() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What a publishing socket does when a subscriber has `queue` messages waiting.
enum class SlowSubscriber : std::uint8_t {
  loses,  ///< that subscriber loses messages, the others do not, and send() never waits: for live data
  holds,  ///< send() waits for it: for recordings, of which nothing may be lost
};

/// A publishing socket.
class PubSocket {
 public:
  PubSocket(Attach attach, const std::string& endpoint, int queue, SlowSubscriber slow = SlowSubscriber::loses);
  ~PubSocket();
  PubSocket(PubSocket&&) noexcept;

  /// Takes over the bytes.
  void send(std::string bytes);
  /// True once somebody has subscribed; waits at most `patience`. What is sent before reaches nobody.
  bool wait_for_subscriber(std::chrono::milliseconds patience);
  [[nodiscard]] std::string endpoint() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Why an endpoint cannot work ("tcp://host:port", "ipc:///path"), or empty.
[[nodiscard]] std::string endpoint_problem(const std::string& endpoint);

}  // namespace annulus
