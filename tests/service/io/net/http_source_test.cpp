// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/net/http_source.hpp"

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/service/io/net/client.hpp"

namespace annulus {
namespace {

using test::Socket;
using testing::probe_of;
using testing::Texts;

/// The answer to a POST, status line first.
std::string post(std::uint16_t port, const std::string& body, const std::string& path = "/",
                 const std::string& headers = {}) {
  const Socket socket(port);
  socket.send("POST " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers +
              "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  return socket.receive();
}

int status_of(const std::string& answer) { return answer.size() < 12 ? 0 : std::stoi(answer.substr(9, 3)); }

TEST(FromHttpServer, row_154_emits_the_body_of_each_post_and_is_closed_after_a_stop) {
  Graph graph;
  const auto bodies = from_http_server(graph, 0);
  const auto list = sink_to_list(bodies);
  graph.start();
  const std::uint16_t port = port_of(bodies);
  EXPECT_EQ(status_of(post(port, "data")), 200);
  EXPECT_EQ(status_of(post(port, "data2", "/any/path?x=1")), 200);
  EXPECT_EQ(list.values(), (Texts{"data", "data2"}));
  producer_of(bodies).stop_source();
  EXPECT_TRUE(testing::is_closed(port));
  producer_of(bodies).start_source();
  EXPECT_EQ(port_of(bodies), port);
  EXPECT_EQ(status_of(post(port, std::string("\0\xff\n", 3))), 200);
  EXPECT_EQ(list.values().back(), std::string("\0\xff\n", 3));
  graph.stop();
  EXPECT_TRUE(testing::is_closed(port));
}

TEST(FromHttpServer, takes_only_post_and_only_at_its_path) {
  Graph graph;
  const auto bodies = from_http_server(graph, 0, {.path = "/in/"});
  const auto list = sink_to_list(bodies);
  graph.start();
  const std::uint16_t port = port_of(bodies);
  EXPECT_EQ(status_of(post(port, "x", "/elsewhere")), 404);
  EXPECT_EQ(status_of(post(port, "x", "/in/../elsewhere")), 404);
  const auto get = test::request(port, "GET", "/in/");
  EXPECT_EQ(get.status, 405);
  EXPECT_NE(get.head.find("Allow: POST"), std::string::npos);
  EXPECT_EQ(status_of(post(port, "good", "/in/x")), 200);
  EXPECT_EQ(list.values(), (Texts{"good"}));
}

TEST(FromHttpServer, takes_from_no_page_of_the_web_that_it_does_not_know) {
  Graph graph;
  const auto bodies = from_http_server(graph, 0, {.origins = {"http://beamline.example"}});
  const auto list = sink_to_list(bodies);
  graph.start();
  EXPECT_EQ(status_of(post(port_of(bodies), "x", "/", "Origin: http://evil.example\r\n")), 403);
  EXPECT_EQ(status_of(post(port_of(bodies), "good", "/", "Origin: http://beamline.example\r\n")), 200);
  EXPECT_EQ(list.values(), (Texts{"good"}));
}

TEST(FromHttpServer, limits_the_size_of_a_body_however_it_is_sent) {
  Graph graph;
  const auto bodies = from_http_server(graph, 0, {.largest_body = 8});
  const auto list = sink_to_list(bodies);
  graph.start();
  const std::uint16_t port = port_of(bodies);
  EXPECT_EQ(status_of(post(port, "12345678")), 200);
  EXPECT_EQ(status_of(post(port, "123456789")), 413);
  const auto chunked = [&](const std::string& chunks) {
    const Socket socket(port);
    socket.send("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
    return status_of(socket.receive());
  };
  EXPECT_EQ(chunked("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), 200);
  EXPECT_EQ(chunked("8\r\nabcdefgh\r\n8\r\nabcdefgh\r\n0\r\n\r\n"), 413);
  EXPECT_EQ(list.values(), (Texts{"12345678", "abcde"}));
}

TEST(FromHttpServer, takes_no_body_that_broke_off) {
  Graph graph;
  const auto bodies = from_http_server(graph, 0);
  const auto list = sink_to_list(bodies);
  graph.start();
  {
    const Socket socket(port_of(bodies));
    socket.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf");
  }
  EXPECT_EQ(status_of(post(port_of(bodies), "whole")), 200);
  graph.stop();
  EXPECT_EQ(list.values(), (Texts{"whole"}));
}

TEST(FromHttpServer, answers_503_when_the_run_has_failed) {
  Graph graph;
  const auto bodies = from_http_server(graph, 0);
  bodies.sink([](const std::string&) { throw std::runtime_error("broken"); }, "sink");
  graph.find("sink")->set_error_policy(ErrorPolicy::fail_run);
  graph.start();
  EXPECT_EQ(status_of(post(port_of(bodies), "1")), 200);
  EXPECT_EQ(status_of(post(port_of(bodies), "2")), 503);
  EXPECT_EQ(producer_of(bodies).dropped(), 1U);
}

TEST(FromHttpServer, answers_when_the_element_has_room_and_503_when_stopped_meanwhile) {
  Graph graph;
  testing::Changes changes;
  bool held = false;
  bool open = false;
  const auto bodies = from_http_server(graph, 0, {}, {.window = 1});
  bodies.buffer(4).sink([&](const std::string&) {
    changes.make([&] { held = true; });
    EXPECT_TRUE(changes.wait([&] { return open; }));
  });
  graph.start();
  const std::uint16_t port = port_of(bodies);
  EXPECT_EQ(status_of(post(port, "1")), 200);
  ASSERT_TRUE(changes.wait([&] { return held; }));
  const Socket waiting(port);
  waiting.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n2");
  producer_of(bodies).stop_source();  // the request is answered, or its connection closed, but it does not hang
  const std::string answer = waiting.receive();
  EXPECT_TRUE(answer.empty() || status_of(answer) == 503) << answer;
  EXPECT_EQ(producer_of(bodies).emitted(), 1U);
  changes.make([&] { open = true; });
}

TEST(FromHttpServer, serves_many_clients_at_a_time) {
  Graph graph;
  const auto bodies = from_http_server(graph, 0);
  const auto list = sink_to_list(bodies.buffer(4));
  graph.start();
  std::vector<std::thread> clients;
  for (int c = 0; c < 4; ++c) {
    clients.emplace_back([&] {
      for (int i = 0; i < 10; ++i) EXPECT_EQ(status_of(post(port_of(bodies), "x")), 200);
    });
  }
  for (std::thread& client : clients) client.join();
  graph.stop();
  EXPECT_EQ(list.size(), 40U);
}

TEST(FromHttpServer, says_who_has_the_address) {
  Graph first;
  const auto bodies = from_http_server(first, 0);
  bodies.sink([](const std::string&) {});
  first.start();
  Graph second;
  from_http_server(second, port_of(bodies)).sink([](const std::string&) {});
  EXPECT_EQ(testing::message_of([&] { second.start(); }),
            "from_http_server: cannot listen on 127.0.0.1:" + std::to_string(port_of(bodies)) +
                " (Address already in use) choose another port, or stop the program that listens there");
}

TEST(FromHttpServer, stops_from_inside_the_graph) {
  Graph graph;
  const auto bodies = from_http_server(graph, 0);
  ProducerNode& source = producer_of(bodies);
  bodies.sink([&](const std::string&) { source.stop_source(); });
  graph.start();
  EXPECT_EQ(status_of(post(port_of(bodies), "1")), 200);
  EXPECT_FALSE(source.wait_until_finished());
  EXPECT_TRUE(testing::is_closed(port_of(bodies)));
}

}  // namespace
}  // namespace annulus
