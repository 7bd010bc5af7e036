// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/net/tcp_source.hpp"

#include <map>
#include <optional>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

#include "tests/service/io/net/client.hpp"

namespace annulus {
namespace {

using test::Socket;
using testing::probe_of;
using testing::Texts;

TEST(FromTcp, row_152_emits_lines_with_their_delimiter_from_several_clients) {
  Graph graph;
  const auto lines = from_tcp(graph, 0);
  auto& probe = probe_of(graph, lines);
  graph.start();
  const Socket one(port_of(lines));
  const Socket two(port_of(lines));
  const Socket three(port_of(lines));
  one.send("data\n");
  ASSERT_TRUE(probe.has(1));
  two.send("data\n");
  ASSERT_TRUE(probe.has(2));
  three.send("da");
  three.send("ta2\n");
  ASSERT_TRUE(probe.has(3));
  graph.stop();
  EXPECT_EQ(probe.elements(), (Texts{"data\n", "data\n", "data2\n"}));
  EXPECT_EQ(graph.errors().total(), 0U);
}

TEST(FromTcp, row_153_counts_words_as_they_come) {
  using Counts = std::map<std::string, int>;
  Graph graph;
  const auto lines = from_tcp(graph, 0);
  Counts counts;
  auto& probe = probe_of(graph, lines.map([&](const std::string& line) {
    std::istringstream words(line);
    for (std::string word; words >> word;) ++counts[word];
    return counts;
  }));
  graph.start();
  for (const char* text : {"data\n", "data\n", "data\n", "data2\n"}) {
    const std::size_t before = probe.elements().size();
    const Socket client(port_of(lines));
    client.send(text);
    ASSERT_TRUE(probe.has(before + 1));
  }
  graph.stop();
  EXPECT_EQ(probe.elements(),
            (std::vector<Counts>{{{"data", 1}}, {{"data", 2}}, {{"data", 3}}, {{"data", 3}, {"data2", 1}}}));
}

TEST(FromTcp, keeps_its_port_over_a_stop_by_hand_and_is_closed_meanwhile) {
  Graph graph;
  const auto lines = from_tcp(graph, 0);
  auto& probe = probe_of(graph, lines);
  graph.start();
  const std::uint16_t port = port_of(lines);
  std::optional<Socket> client(port);
  client->send("one\n");
  ASSERT_TRUE(probe.has(1));
  producer_of(lines).stop_source();
  EXPECT_FALSE(producer_of(lines).producing());
  EXPECT_EQ(client->receive(), "");  // hung up
  EXPECT_TRUE(testing::is_closed(port));
  producer_of(lines).start_source();
  client.emplace(port);
  client->send("two\n");
  ASSERT_TRUE(probe.has(2));
  graph.stop();
  EXPECT_TRUE(testing::is_closed(port));
}

TEST(FromTcp, says_who_has_the_address) {
  Graph first;
  const auto lines = from_tcp(first, 0);
  lines.sink([](const std::string&) {});
  first.start();
  Graph second;
  from_tcp(second, port_of(lines)).sink([](const std::string&) {});
  const std::string message = testing::message_of([&] { second.start(); });
  EXPECT_EQ(message, "from_tcp: cannot listen on 127.0.0.1:" + std::to_string(port_of(lines)) +
                         " (Address already in use) choose another port, or stop the program that listens there");
}

TEST(FromTcp, refuses_names_and_addresses_of_other_machines) {
  Graph named;
  from_tcp(named, 0, {.listen = {.host = "detector.example"}}).sink([](const std::string&) {});
  EXPECT_NE(testing::message_of([&] { named.start(); }).find("is not an IPv4 address"), std::string::npos);
  Graph foreign;
  from_tcp(foreign, 0, {.listen = {.host = "192.0.2.1"}}).sink([](const std::string&) {});
  EXPECT_NE(testing::message_of([&] { foreign.start(); }).find("give the address of one of this machine's interfaces"),
            std::string::npos);
}

TEST(FromTcp, skips_lines_that_are_too_long_and_reports_an_incomplete_last_one) {
  Graph graph;
  const auto lines = from_tcp(graph, 0, {.delimiter = ";", .longest_line = 10});
  auto& probe = probe_of(graph, lines);
  graph.start();
  {
    const Socket client(port_of(lines));
    client.send("good;" + std::string(100, 'x') + ";again;rest");
    ASSERT_TRUE(probe.has(2));
  }
  ASSERT_TRUE(testing::reports(graph, 2));
  graph.stop();
  EXPECT_EQ(probe.elements(), (Texts{"good;", "again;"}));
  EXPECT_EQ(producer_of(lines).dropped(), 2U);
  const std::string errors = testing::errors_of(graph);
  EXPECT_NE(errors.find("was skipped (longer than 10 bytes)"), std::string::npos);
  EXPECT_NE(errors.find("is incomplete (4 bytes without a delimiter)"), std::string::npos);
}

TEST(FromTcp, refuses_clients_beyond_its_limit) {
  Graph graph;
  const auto lines = from_tcp(graph, 0, {.listen = {.most_clients = 1}});
  auto& probe = probe_of(graph, lines);
  graph.start();
  const Socket first(port_of(lines));
  first.send("1\n");
  ASSERT_TRUE(probe.has(1));
  const Socket second(port_of(lines));
  EXPECT_EQ(second.receive(), "");
  first.send("2\n");
  ASSERT_TRUE(probe.has(2));
  EXPECT_NE(testing::errors_of(graph).find("was refused (1 clients are connected)"), std::string::npos);
}

TEST(FromTcp, stops_while_the_graph_takes_nothing) {
  Graph graph;
  testing::Changes changes;
  bool held = false;
  bool open = false;
  const auto lines = from_tcp(graph, 0, {}, {.window = 1});
  lines.buffer(4).sink([&](const std::string&) {
    changes.make([&] { held = true; });
    EXPECT_TRUE(changes.wait([&] { return open; }));
  });
  graph.start();
  const Socket client(port_of(lines));
  client.send("1\n2\n3\n");
  ASSERT_TRUE(changes.wait([&] { return held; }));
  producer_of(lines).stop_source();
  EXPECT_LE(producer_of(lines).emitted(), 1U);
  changes.make([&] { open = true; });
}

TEST(FromTcp, stops_from_inside_the_graph) {
  Graph graph;
  const auto lines = from_tcp(graph, 0);
  ProducerNode& source = producer_of(lines);
  lines.sink([&](const std::string&) { source.stop_source(); });
  graph.start();
  const Socket client(port_of(lines));
  client.send("1\n");
  EXPECT_FALSE(source.wait_until_finished());
  EXPECT_TRUE(testing::is_closed(port_of(lines)));
}

TEST(PortOf, refuses_what_is_no_server) {
  Graph graph;
  const auto texts = from_iterable(graph, Texts{"a"});
  EXPECT_THROW((void)port_of(texts), ConfigError);
}

}  // namespace
}  // namespace annulus
