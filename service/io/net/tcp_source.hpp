// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "operators/files/line_splitter.hpp"
#include "service/io/net/socket_source.hpp"

namespace annulus {

struct TcpOptions {
  std::string delimiter{"\n"};
  std::size_t longest_line = std::size_t{1} << 20;  ///< [bytes]; a longer line is skipped and reported
  ListenOptions listen{};
};

/// Emits the lines that clients send, each with its delimiter. What a client sent behind its last delimiter is
/// counted as dropped, and reported, when it hangs up.
class TcpSource final : public SocketSource {
 public:
  TcpSource(std::string name, const ProducerOptions& options, std::uint16_t port, const TcpOptions& tcp);

 private:
  struct Sender final : Client {
    explicit Sender(LineSplitter splitter) : lines(std::move(splitter)) {}
    LineSplitter lines;
    std::uint64_t reported = 0;
  };
  std::unique_ptr<Client> make_client() override { return std::make_unique<Sender>(lines_); }
  bool received(Client& client, std::string_view bytes) override;
  void left(Client& client) override;

  LineSplitter lines_;  ///< what each client begins with
};

/// Lines from TCP clients; port 0 is any free one (port_of() tells which).
Stream<std::string> from_tcp(Graph& graph, std::uint16_t port, const TcpOptions& tcp = {},
                             const ProducerOptions& options = {});

}  // namespace annulus
