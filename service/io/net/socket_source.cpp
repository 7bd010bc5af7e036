// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/net/socket_source.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include "operators/data/error.hpp"

namespace annulus {
namespace {

constexpr int rest_ms = 500;

sockaddr generic(const sockaddr_in& address) {
  sockaddr result{};
  static_assert(sizeof(result) == sizeof(address));
  std::memcpy(&result, &address, sizeof(address));
  return result;
}

sockaddr_in internet(const sockaddr& address) {
  sockaddr_in result{};
  std::memcpy(&result, &address, sizeof(result));
  return result;
}

std::string name_of(const sockaddr_in& address) {
  std::array<char, INET_ADDRSTRLEN> text{};
  inet_ntop(AF_INET, &address.sin_addr, text.data(), text.size());
  return fmt::format("{}:{}", text.data(), ntohs(address.sin_port));
}

/// Binds and listens; 0, or the errno of what failed.
int try_listen(int socket, const sockaddr_in& address) {
  const int yes = 1;
  const sockaddr where = generic(address);
  if (socket < 0 || ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) != 0 ||
      ::bind(socket, &where, sizeof(where)) != 0 || ::listen(socket, SOMAXCONN) != 0) {
    return errno;
  }
  return 0;
}

}  // namespace

std::uint16_t port_of(const Stream<std::string>& stream) {
  if (const auto* server = dynamic_cast<const ServerSource*>(&stream.out().node())) return server->port();
  throw ConfigError(stream.out().node().name() + ": has no port (it is not a server) ask the source");
}

void SocketSource::open() {
  const std::string host = listen_options().host == "localhost" ? "127.0.0.1" : listen_options().host;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port());
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
    throw ConfigError(
        fmt::format("{}: '{}' is not an IPv4 address (names are not looked up) give 127.0.0.1, or 0.0.0.0 "
                    "for all interfaces",
                    name(), host));
  }
  Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (const int error = try_listen(listener.get(), address); error != 0) {
    const std::string cause = cause_of(error);
    throw IoError(fmt::format("{}: cannot listen on {}:{} ({}) {}", name(), host, port(), cause, listen_advice(cause)));
  }
  sockaddr bound{};
  socklen_t size = sizeof(bound);
  ::getsockname(listener.get(), &bound, &size);
  set_port(ntohs(internet(bound).sin_port));
  wake_.lower();
  listener_ = std::move(listener);
}

bool SocketSource::produce() {
  std::vector<pollfd> entries{{wake_.fd(), POLLIN, 0}, {exhausted_ ? -1 : listener_.get(), POLLIN, 0}};
  for (const auto& client : clients_) entries.push_back({client->socket.get(), POLLIN, 0});
  if (::poll(entries.data(), entries.size(), exhausted_ ? rest_ms : -1) < 0 && errno != EINTR) {
    throw IoError("cannot wait for clients (" + cause_of(errno) + ")");
  }
  exhausted_ = false;
  std::size_t i = 2;
  for (auto it = clients_.begin(); it != clients_.end(); ++i) {
    const bool stays = entries[i].revents == 0 || stop_asked() || read_from(**it);
    if (!stays) end(**it);
    it = stays ? std::next(it) : clients_.erase(it);
  }
  if (entries[1].revents != 0) accept_client();
  return true;
}

void SocketSource::accept_client() {
  sockaddr from{};
  socklen_t size = sizeof(from);
  Descriptor socket(::accept4(listener_.get(), &from, &size, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket.is_open()) {
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      exhausted_ = true;
      report({}, "cannot accept a client (" + cause_of(errno) + ") allow the service more open files");
    }
    return;
  }
  if (clients_.size() >= listen_options().most_clients) {
    report({}, fmt::format("{} was refused ({} clients are connected) close one, or allow more",
                           name_of(internet(from)), clients_.size()));
    return;
  }
  clients_.push_back(make_client());
  clients_.back()->socket = std::move(socket);
  clients_.back()->name = name_of(internet(from));
}

bool SocketSource::read_from(Client& client) {
  std::array<char, 65536> bytes{};
  const ssize_t size = ::recv(client.socket.get(), bytes.data(), bytes.size(), 0);
  if (size < 0) return errno == EAGAIN || errno == EINTR;
  return size > 0 && received(client, {bytes.data(), static_cast<std::size_t>(size)});
}

bool SocketSource::send(const Client& client, std::string_view bytes) noexcept {
  const ssize_t sent = ::send(client.socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent == static_cast<ssize_t>(bytes.size());
}

bool SocketSource::pass_on(std::string element) {
  if (offer(out_, std::move(element))) return true;
  give_up();
  return false;
}

void SocketSource::end(Client& client) noexcept {
  try {
    left(client);
  } catch (const std::exception& error) {
    report({}, error.what());
  }
}

void SocketSource::shut() noexcept {
  listener_.close();
  for (const auto& client : clients_) end(*client);
  clients_.clear();
}

}  // namespace annulus
