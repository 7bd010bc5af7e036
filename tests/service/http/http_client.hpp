// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

namespace annulus::test {

/// What came back, undigested.
struct Response {
  int status = 0;    ///< 0 when the server closed without an answer
  std::string head;  ///< status line and headers
  std::string body;
};

/// A connected TCP socket to 127.0.0.1, closed at the end.
class Socket {
 public:
  explicit Socket(std::uint16_t port);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  void send(const std::string& bytes) const;
  /// Reads until the server closes or `end` has come.
  [[nodiscard]] std::string receive(const std::string& end = {}) const;

 private:
  int socket_;
};

/// Sends one request with exactly these header lines ("Host: x\r\n") and this body, and reads the answer to its end.
Response request(std::uint16_t port, const std::string& method, const std::string& path,
                 const std::string& headers = "Host: localhost\r\n", const std::string& body = {});

inline Response get(std::uint16_t port, const std::string& path) { return request(port, "GET", path); }

/// The header lines of a WebSocket handshake.
std::string upgrade_headers(const std::string& extra = {});

}  // namespace annulus::test
