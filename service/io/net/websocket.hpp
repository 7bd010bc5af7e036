// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "operators/data/error.hpp"

namespace annulus::websocket {

/// The server's side of RFC 6455, without sockets; bytes that make no sense never throw.

/// The answer to the request that opens a WebSocket.
struct Handshake {
  bool accepted = false;
  std::string reply;   ///< status line and headers, to be sent
  std::string reason;  ///< why it was not accepted
};
/// `head`: the request up to and including its empty line. Browsers name the page that asks in the header Origin; a
/// request with one that is not in `origins` is refused, or any page of the web could send to a service on this
/// machine.
[[nodiscard]] Handshake answer(std::string_view head, const std::vector<std::string>& origins);

enum class Opcode : std::uint8_t { more = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// A message put together from its frames, or a control frame.
struct Message {
  Opcode opcode = Opcode::binary;
  std::string payload;
};

/// Reasons for closing, sent to the client.
inline constexpr std::uint16_t going_away = 1001;
inline constexpr std::uint16_t protocol_error = 1002;
inline constexpr std::uint16_t too_big = 1009;

struct Violation {
  std::uint16_t code = protocol_error;
  std::string problem;
};

/// Cuts what a client sends into messages, however the bytes come. A message larger than `largest` [bytes] is a
/// violation before memory is given for it.
class Reader final {
 public:
  explicit Reader(std::size_t largest) : largest_(largest) {}
  void add(std::string_view bytes) { buffer_.append(bytes); }
  /// The next message; nothing while it is incomplete. After a violation the connection is to be closed.
  [[nodiscard]] Expected<std::optional<Message>, Violation> next();

 private:
  struct Frame {
    bool final = false;
    Opcode opcode = Opcode::more;
    std::string payload;
  };
  Expected<std::optional<Frame>, Violation> next_frame();

  std::size_t largest_;
  std::string buffer_;
  std::size_t begin_ = 0;  ///< of the next frame in the buffer
  std::optional<Message> message_;
};

/// A frame of a server, which is not masked; for payloads under 64 KiB.
[[nodiscard]] std::string frame(Opcode opcode, std::string_view payload);
/// A close frame with a reason.
[[nodiscard]] std::string close_frame(std::uint16_t code);

}  // namespace annulus::websocket
