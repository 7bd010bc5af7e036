// SPDX-License-Identifier: BSD-3-Clause
#include "tests/service/http/http_client.hpp"

#include <array>
#include <cstring>
#include <stdexcept>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

namespace annulus::test {

Socket::Socket(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr generic{};
  std::memcpy(&generic, &address, sizeof(address));
  const timeval limit{10, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  if (::connect(socket_, &generic, sizeof(generic)) != 0) throw std::runtime_error("cannot connect");
}

Socket::~Socket() { ::close(socket_); }

void Socket::send(const std::string& bytes) const { ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }

std::string Socket::receive(const std::string& end) const {
  std::string all;
  std::array<char, 4096> part{};
  while (end.empty() || all.find(end) == std::string::npos) {
    const auto size = ::recv(socket_, part.data(), part.size(), 0);
    if (size <= 0) break;
    all.append(part.data(), static_cast<std::size_t>(size));
  }
  return all;
}

Response request(std::uint16_t port, const std::string& method, const std::string& path, const std::string& headers,
                 const std::string& body) {
  const Socket socket(port);
  socket.send(method + " " + path + " HTTP/1.1\r\n" + headers + "\r\n" + body);
  const std::string all = socket.receive();
  const auto split = all.find("\r\n\r\n");
  if (split == std::string::npos) return {};
  return {std::stoi(all.substr(9, 3)), all.substr(0, split + 2), all.substr(split + 4)};
}

std::string upgrade_headers(const std::string& extra) {
  return "Host: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
         extra;
}

}  // namespace annulus::test
