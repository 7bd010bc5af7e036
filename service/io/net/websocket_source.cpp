// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/net/websocket_source.hpp"

#include <fmt/format.h>

#include "operators/stream/sources.hpp"

namespace annulus {
namespace {

constexpr std::size_t longest_head = 8192;
constexpr std::string_view end_of_head = "\r\n\r\n";

}  // namespace

WebSocketSource::WebSocketSource(std::string name, const ProducerOptions& options, std::uint16_t port,
                                 const WebSocketOptions& web)
    : SocketSource(std::move(name), "from_websocket", options, port, web.listen), web_(web) {}

bool WebSocketSource::received(Client& client, std::string_view bytes) {
  auto& peer = static_cast<Peer&>(client);
  if (!peer.open) return shake_hands(peer, bytes);
  peer.reader.add(bytes);
  while (true) {
    auto message = peer.reader.next();
    if (!message) {
      report({}, fmt::format("{} was disconnected ({})", peer.name, message.error().problem));
      (void)send(peer, websocket::close_frame(message.error().code));
      peer.open = false;
      return false;
    }
    if (!*message) return true;
    if (!take(peer, std::move(**message))) return false;
  }
}

bool WebSocketSource::shake_hands(Peer& peer, std::string_view bytes) {
  peer.head.append(bytes);
  const auto end = peer.head.find(end_of_head);
  if (end == std::string::npos) return peer.head.size() <= longest_head;
  const auto length = end + end_of_head.size();
  const websocket::Handshake handshake = websocket::answer(std::string_view(peer.head).substr(0, length), web_.origins);
  if (!handshake.accepted) report({}, fmt::format("{} was refused ({})", peer.name, handshake.reason));
  peer.open = send(peer, handshake.reply) && handshake.accepted;
  if (!peer.open) return false;
  const std::string rest = std::exchange(peer.head, {}).substr(length);
  return rest.empty() || received(peer, rest);
}

bool WebSocketSource::take(Peer& peer, websocket::Message message) {
  using websocket::Opcode;
  switch (message.opcode) {
    case Opcode::ping: return send(peer, websocket::frame(Opcode::pong, message.payload));
    case Opcode::pong: return true;
    case Opcode::close:
      (void)send(peer, websocket::frame(Opcode::close, message.payload));
      peer.open = false;
      return false;
    default: return pass_on(std::move(message.payload));
  }
}

void WebSocketSource::left(Client& client) {
  auto& peer = static_cast<Peer&>(client);
  if (peer.open) (void)send(peer, websocket::close_frame(websocket::going_away));
}

Stream<std::string> from_websocket(Graph& graph, std::uint16_t port, const WebSocketOptions& web,
                                   const ProducerOptions& options) {
  return make_producer<WebSocketSource>(graph, "from_websocket", options, port, web);
}

}  // namespace annulus
