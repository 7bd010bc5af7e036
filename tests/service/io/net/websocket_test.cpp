// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/net/websocket.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/service/io/net/masked_frame.hpp"

namespace annulus::websocket {
namespace {

using testing::masked;

const std::string request =
    "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

TEST(WebSocketHandshake, answers_with_the_proof_of_the_rfc) {
  const Handshake handshake = answer(request + "\r\n", {});
  EXPECT_TRUE(handshake.accepted);
  EXPECT_NE(handshake.reply.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), std::string::npos);
}

TEST(WebSocketHandshake, refuses_what_asks_for_something_else) {
  EXPECT_EQ(answer("GET / HTTP/1.1\r\nHost: x\r\n\r\n", {}).reason, "this address speaks WebSocket");
  EXPECT_FALSE(answer("\r\n\r\n", {}).accepted);
  EXPECT_FALSE(answer("POST" + request.substr(3) + "\r\n", {}).accepted);
  std::string old = request + "\r\n";
  old.replace(old.find("13\r\n"), 2, "8 ");
  EXPECT_EQ(answer(old, {}).reason, "only WebSocket version 13 is spoken here");
}

TEST(WebSocketHandshake, refuses_pages_that_it_does_not_know) {
  const std::string from_page = request + "Origin: http://page.example\r\n\r\n";
  EXPECT_EQ(answer(from_page, {}).reply.substr(0, 12), "HTTP/1.1 403");
  EXPECT_TRUE(answer(from_page, {"http://page.example"}).accepted);
}

/// The payloads of all messages when the bytes come in chunks of that size, then the problem if there is one.
std::vector<std::string> read(const std::string& bytes, std::size_t chunk, std::size_t largest = 1000) {
  Reader reader(largest);
  std::vector<std::string> all;
  for (std::size_t i = 0; i < bytes.size(); i += chunk) {
    reader.add(bytes.substr(i, chunk));
    while (true) {
      auto message = reader.next();
      if (!message) return all.push_back(message.error().problem), all;
      if (!*message) break;
      all.push_back((*message)->payload);
    }
  }
  return all;
}

TEST(WebSocketReader, puts_messages_together_however_the_bytes_come) {
  const std::string bytes = masked(0x81, "text") + masked(0x02, "one") + masked(0x89, "ping") + masked(0x00, "") +
                            masked(0x80, "two") + masked(0x82, std::string(300, 'x'));
  for (const std::size_t chunk : {std::size_t{1}, std::size_t{3}, std::size_t{7}, bytes.size()}) {
    EXPECT_EQ(read(bytes, chunk), (std::vector<std::string>{"text", "ping", "onetwo", std::string(300, 'x')}));
  }
}

TEST(WebSocketReader, reads_long_frames) {
  const std::string large(100000, 'y');
  EXPECT_EQ(read(masked(0x82, large), 4096, 100000), (std::vector<std::string>{large}));
}

TEST(WebSocketReader, refuses_a_message_that_is_too_large_by_its_announced_length) {
  EXPECT_EQ(read(std::string("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10), 1).back(),
            "a message is larger than 1000 bytes");
  EXPECT_EQ(read(masked(0x02, std::string(600, 'x')) + masked(0x80, std::string(600, 'x')), 50).back(),
            "a message is larger than 1000 bytes");
}

TEST(WebSocketReader, refuses_what_the_rfc_forbids) {
  EXPECT_EQ(read(masked(0xC1, "x"), 1).back(), "reserved bits are set (no extension was agreed on)");
  EXPECT_EQ(read(masked(0x83, "x"), 1).back(), "unknown opcode");
  EXPECT_EQ(read(masked(0x8B, "x"), 1).back(), "unknown opcode");
  EXPECT_EQ(read("\x81\x01x", 3).back(), "a client's frame is not masked");
  EXPECT_EQ(read(masked(0x09, "x"), 1).back(), "a control frame is too long");
  EXPECT_EQ(read(masked(0x89, std::string(126, 'x')), 1).back(), "a control frame is too long");
  EXPECT_EQ(read(masked(0x80, "x"), 1).back(), "the parts of a message are out of order");
  EXPECT_EQ(read(masked(0x01, "x") + masked(0x81, "y"), 1).back(), "the parts of a message are out of order");
}

TEST(WebSocketFrame, is_written_as_a_server_does) {
  EXPECT_EQ(frame(Opcode::pong, "hi"), "\x8a\x02hi");
  EXPECT_EQ(frame(Opcode::binary, std::string(300, 'x')).substr(0, 4), std::string("\x82\x7e\x01\x2c"));
  EXPECT_EQ(close_frame(going_away), std::string("\x88\x02\x03\xe9"));
}

}  // namespace
}  // namespace annulus::websocket
