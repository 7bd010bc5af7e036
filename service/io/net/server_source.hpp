// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "operators/stream/producer.hpp"
#include "operators/stream/stream.hpp"

namespace annulus {

/// Where a source that is a server listens.
struct ListenOptions {
  std::string host = "127.0.0.1";  ///< IPv4 address; loopback unless others are meant to send
  std::size_t most_clients = 32;   ///< connections at a time
};

/// Base of sources to which others send. The address is bound while it produces: when it is taken, the start is
/// refused with an IoError.
class ServerSource : public ProducerNode {
 public:
  /// The port it listens on, or listened on last; port 0 is replaced by a free one at the first start, and then kept.
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] Out<std::string>& out() noexcept { return out_; }

 protected:
  ServerSource(std::string name, std::string type, const ProducerOptions& options, std::uint16_t port,
               ListenOptions listen)
      : ProducerNode(std::move(name), std::move(type), options), listen_(std::move(listen)), port_(port) {}

  [[nodiscard]] const ListenOptions& listen_options() const noexcept { return listen_; }
  void set_port(std::uint16_t port) noexcept { port_ = port; }

  Out<std::string> out_{*this, "out"};

 private:
  ListenOptions listen_;
  std::atomic<std::uint16_t> port_;
};

/// The port of the server whose elements these are. Throws ConfigError when they come from something else.
[[nodiscard]] std::uint16_t port_of(const Stream<std::string>& stream);

}  // namespace annulus
