// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/net/websocket_source.hpp"

#include <array>
#include <memory>
#include <string>

#include <civetweb.h>
#include <gtest/gtest.h>

#include "tests/service/io/net/client.hpp"
#include "tests/service/io/net/masked_frame.hpp"

namespace annulus {
namespace {

using test::Socket;
using testing::masked;
using testing::probe_of;
using testing::Texts;

const std::string hello = "GET / HTTP/1.1\r\n" + test::upgrade_headers() + "\r\n";

TEST(FromWebsocket, emits_the_messages_of_a_real_client) {
  Graph graph;
  const auto messages = from_websocket(graph, 0);
  auto& probe = probe_of(graph, messages);
  graph.start();
  std::array<char, 256> error{};
  const std::unique_ptr<mg_connection, decltype(&mg_close_connection)> client(
      mg_connect_websocket_client(
          "127.0.0.1", port_of(messages), 0, error.data(), error.size(), "/", nullptr,
          [](mg_connection*, int, char*, std::size_t, void*) { return 1; }, nullptr, nullptr),
      &mg_close_connection);
  ASSERT_NE(client, nullptr) << error.data();
  const std::string large(200000, 'z');
  mg_websocket_client_write(client.get(), MG_WEBSOCKET_OPCODE_TEXT, "text", 4);
  mg_websocket_client_write(client.get(), MG_WEBSOCKET_OPCODE_BINARY, "\0\xff", 2);
  mg_websocket_client_write(client.get(), MG_WEBSOCKET_OPCODE_BINARY, large.data(), large.size());
  ASSERT_TRUE(probe.has(3));
  graph.stop();
  EXPECT_EQ(probe.elements(), (Texts{"text", std::string("\0\xff", 2), large}));
}

TEST(FromWebsocket, takes_messages_that_come_with_the_handshake_and_answers_pings_and_closes) {
  Graph graph;
  const auto messages = from_websocket(graph, 0);
  auto& probe = probe_of(graph, messages);
  graph.start();
  const Socket client(port_of(messages));
  client.send(hello + masked(0x82, "early") + masked(0x89, "are you there"));
  EXPECT_NE(client.receive("are you there").find("101 Switching Protocols"), std::string::npos);
  client.send(masked(0x88, "\x03\xe8"));
  EXPECT_EQ(client.receive(), "\x88\x02\x03\xe8");
  EXPECT_TRUE(probe.has(1));
  graph.stop();
  EXPECT_EQ(probe.elements(), (Texts{"early"}));
  EXPECT_EQ(graph.errors().total(), 0U);
}

TEST(FromWebsocket, says_goodbye_at_a_stop_and_can_be_started_again) {
  Graph graph;
  const auto messages = from_websocket(graph, 0);
  auto& probe = probe_of(graph, messages);
  graph.start();
  const std::uint16_t port = port_of(messages);
  for (std::size_t i = 1; i <= 2; ++i) {
    const Socket client(port);
    client.send(hello + masked(0x81, "x"));
    ASSERT_TRUE(probe.has(i));
    producer_of(messages).stop_source();
    EXPECT_TRUE(client.receive().ends_with("\x88\x02\x03\xe9"));
    EXPECT_TRUE(testing::is_closed(port));
    producer_of(messages).start_source();
  }
}

TEST(FromWebsocket, disconnects_who_sends_too_much_or_nonsense_and_serves_the_others) {
  Graph graph;
  const auto messages = from_websocket(graph, 0, {.largest_message = 10});
  auto& probe = probe_of(graph, messages);
  graph.start();
  const Socket good(port_of(messages));
  const Socket greedy(port_of(messages));
  greedy.send(hello + masked(0x82, "12345678901"));
  EXPECT_TRUE(greedy.receive().ends_with("\x88\x02\x03\xf1"));
  const Socket confused(port_of(messages));
  confused.send(hello + "\x82\x01x");
  EXPECT_TRUE(confused.receive().ends_with("\x88\x02\x03\xea"));
  const Socket stranger(port_of(messages));
  stranger.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_NE(stranger.receive().find("426 Upgrade Required"), std::string::npos);
  const Socket endless(port_of(messages));
  endless.send(std::string(9000, 'x'));
  EXPECT_EQ(endless.receive(), "");
  good.send(hello + masked(0x81, "1234567890"));
  ASSERT_TRUE(probe.has(1));
  graph.stop();
  EXPECT_NE(testing::errors_of(graph).find("was disconnected (a message is larger than 10 bytes)"), std::string::npos);
}

}  // namespace
}  // namespace annulus
