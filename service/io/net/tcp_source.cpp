// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/net/tcp_source.hpp"

#include <fmt/format.h>

#include "operators/stream/sources.hpp"

namespace annulus {

TcpSource::TcpSource(std::string name, const ProducerOptions& options, std::uint16_t port, const TcpOptions& tcp)
    : SocketSource(std::move(name), "from_tcp", options, port, tcp.listen), lines_(tcp.delimiter, tcp.longest_line) {}

bool TcpSource::received(Client& client, std::string_view bytes) {
  auto& sender = static_cast<Sender&>(client);
  sender.lines.add(bytes);
  while (sender.lines.has_line()) {
    if (!pass_on(sender.lines.take())) return false;
  }
  if (sender.lines.skipped() > sender.reported) {
    count_dropped(sender.lines.skipped() - std::exchange(sender.reported, sender.lines.skipped()));
    report({},
           fmt::format("a line from {} was skipped (longer than {} bytes) look at the delimiter, or allow longer lines",
                       sender.name, sender.lines.longest()));
  }
  return true;
}

void TcpSource::left(Client& client) {
  auto& sender = static_cast<Sender&>(client);
  const std::string rest = sender.lines.take_rest();
  if (rest.empty()) return;
  count_dropped();
  report({}, fmt::format("the last line from {} is incomplete ({} bytes without a delimiter) end each line with one",
                         sender.name, rest.size()));
}

Stream<std::string> from_tcp(Graph& graph, std::uint16_t port, const TcpOptions& tcp, const ProducerOptions& options) {
  return make_producer<TcpSource>(graph, "from_tcp", options, port, tcp);
}

}  // namespace annulus
