// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "service/io/net/descriptor.hpp"
#include "service/io/net/server_source.hpp"

namespace annulus {

/// Base of sources that serve TCP connections: one thread for all of them, bounded in number. While the graph takes
/// nothing, nothing is read, and the senders notice.
class SocketSource : public ServerSource {
 protected:
  /// A connection. Derived sources keep their own state in a derived class.
  struct Client {
    virtual ~Client() = default;
    Descriptor socket;
    std::string name;  ///< "127.0.0.1:40312"
  };

  using ServerSource::ServerSource;

  virtual std::unique_ptr<Client> make_client() = 0;
  /// Bytes arrived; false: hang up.
  virtual bool received(Client& client, std::string_view bytes) = 0;
  /// The connection is over, by the client or by a stop.
  virtual void left(Client& client) = 0;
  /// Sends a few bytes; false when the client does not take them.
  [[nodiscard]] static bool send(const Client& client, std::string_view bytes) noexcept;
  /// Emits; false when the connection should end, since the graph takes no more or a stop was asked.
  bool pass_on(std::string element);

  void open() override;
  bool produce() override;
  void wake() override { wake_.raise(); }
  void shut() noexcept override;

 private:
  void accept_client();
  bool read_from(Client& client);
  void end(Client& client) noexcept;

  WakeUp wake_;
  Descriptor listener_;
  std::list<std::unique_ptr<Client>> clients_;
  bool exhausted_ = false;  ///< no descriptors: rest before the next accept
};

}  // namespace annulus
