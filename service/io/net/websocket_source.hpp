// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "service/io/net/socket_source.hpp"
#include "service/io/net/websocket.hpp"

namespace annulus {

struct WebSocketOptions {
  std::size_t largest_message = std::size_t{64} << 20;  ///< [bytes]; who sends more is disconnected, and reported
  std::vector<std::string> origins{};                   ///< of web pages that may send: "http://127.0.0.1:8080"
  ListenOptions listen{};
};

/// Emits the messages that clients send over WebSocket, text and binary alike, as their bytes.
class WebSocketSource final : public SocketSource {
 public:
  WebSocketSource(std::string name, const ProducerOptions& options, std::uint16_t port, const WebSocketOptions& web);

 private:
  struct Peer final : Client {
    explicit Peer(std::size_t largest) : reader(largest) {}
    bool open = false;  ///< the handshake is done
    std::string head;
    websocket::Reader reader;
  };
  std::unique_ptr<Client> make_client() override { return std::make_unique<Peer>(web_.largest_message); }
  bool received(Client& client, std::string_view bytes) override;
  void left(Client& client) override;
  bool shake_hands(Peer& peer, std::string_view bytes);
  bool take(Peer& peer, websocket::Message message);

  WebSocketOptions web_;
};

/// Messages from WebSocket clients, at any path; port 0 is any free one (port_of() tells which).
Stream<std::string> from_websocket(Graph& graph, std::uint16_t port, const WebSocketOptions& web = {},
                                   const ProducerOptions& options = {});

}  // namespace annulus
