// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace annulus {

/// A part of a message. Received bytes stay where they arrived; `owner` keeps them alive.
struct WireMessage {
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;
};

/// The parts of one message, in order; at least one.
using WireParts = std::vector<WireMessage>;

/// Where a source's messages come from: a socket, or a recording in its place. One thread at a time.
class MessageSource {
 public:
  virtual ~MessageSource() = default;

  /// The next message, or nothing after `patience`. Throws IoError, also for what is damaged or missing in a
  /// recording; the next call goes on behind it.
  virtual std::optional<WireParts> receive(std::chrono::milliseconds patience) = 0;
  /// True when no message can follow: a recording has been played. A socket never ends.
  [[nodiscard]] virtual bool ended() const = 0;
};

}  // namespace annulus
