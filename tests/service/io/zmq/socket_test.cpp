// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/zmq/socket.hpp"

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

#include "tests/probe.hpp"
#include "tests/service/io/zmq/raw_publisher.hpp"

namespace annulus {
namespace {

using namespace testing;
using namespace std::chrono_literals;

/// The parts of a message, with slashes between them.
std::string text_of(const std::optional<WireParts>& parts) {
  if (!parts) return "nothing";
  std::string text;
  for (const WireMessage& part : *parts) {
    if (&part != &parts->front()) text += "/";
    text.append(reinterpret_cast<const char*>(part.bytes.data()), part.bytes.size());
  }
  return text;
}

/// Waits for the subscription; a bound subscriber answers who connects only while it is being asked for messages.
bool meet(OutSocket& pub, InSocket& sub) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!pub.wait_for_receiver(5ms)) {
    (void)sub.receive(5ms);
    if (std::chrono::steady_clock::now() > deadline) return false;
  }
  return true;
}

TEST(Sockets, a_bound_publisher_reaches_who_connects) {
  OutSocket pub(OutSocket::Kind::pub, {Attach::bind, "tcp://127.0.0.1:*", 10});
  EXPECT_EQ(pub.endpoint().find('*'), std::string::npos) << "the true port: " << pub.endpoint();
  InSocket sub(InSocket::Kind::sub, {Attach::connect, pub.endpoint(), 10});
  ASSERT_TRUE(pub.wait_for_receiver(patience));
  pub.send("one");
  pub.send(std::string("\0two", 4));
  EXPECT_EQ(text_of(sub.receive(patience)), "one");
  EXPECT_EQ(text_of(sub.receive(patience)), std::string("\0two", 4));
  EXPECT_FALSE(sub.receive(0ms));
}

TEST(Sockets, a_bound_subscriber_hears_every_publisher_that_connects) {
  InSocket sub(InSocket::Kind::sub, {Attach::bind, "tcp://127.0.0.1:*", 10});
  for (const char* word : {"first", "second"}) {
    OutSocket pub(OutSocket::Kind::pub, {Attach::connect, sub.endpoint(), 10});
    ASSERT_TRUE(meet(pub, sub));
    pub.send(word);
    EXPECT_EQ(text_of(sub.receive(patience)), word);
  }
}

TEST(Sockets, meet_within_the_process) {
  OutSocket pub(OutSocket::Kind::pub, {Attach::bind, "inproc://sockets_test", 10});
  InSocket sub(InSocket::Kind::sub, {Attach::connect, "inproc://sockets_test", 10});
  ASSERT_TRUE(pub.wait_for_receiver(patience));
  pub.send("here");
  EXPECT_EQ(text_of(sub.receive(patience)), "here");
}

TEST(Sockets, a_message_outlives_its_socket) {
  std::optional<WireParts> message;
  {
    OutSocket pub(OutSocket::Kind::pub, {Attach::bind, "tcp://127.0.0.1:*", 10});
    InSocket sub(InSocket::Kind::sub, {Attach::connect, pub.endpoint(), 10});
    ASSERT_TRUE(pub.wait_for_receiver(patience));
    pub.send(std::string(100'000, 'x'));
    message = sub.receive(patience);
  }
  EXPECT_EQ(text_of(message), std::string(100'000, 'x'));
}

TEST(Sockets, receive_the_parts_of_a_message_together) {
  RawPublisher pub;
  InSocket sub(InSocket::Kind::sub, {Attach::connect, pub.endpoint(), 10});
  ASSERT_TRUE(pub.has_subscriber());
  pub.send({"head", "", "tail"});
  pub.send({"next"});
  EXPECT_EQ(text_of(sub.receive(patience)), "head//tail");
  EXPECT_EQ(text_of(sub.receive(patience)), "next");
}

WireMessage shared(std::string text) {
  auto owner = std::make_shared<const std::string>(std::move(text));
  return {std::as_bytes(std::span(*owner)), owner};
}

TEST(Sockets, push_each_message_to_one_receiver) {
  OutSocket push(OutSocket::Kind::push, {Attach::bind, "tcp://127.0.0.1:*", 10});
  EXPECT_FALSE(push.wait_for_receiver(0ms));
  EXPECT_FALSE(push.send({shared("nobody there")}, 0ms));
  InSocket pull(InSocket::Kind::pull, {Attach::connect, push.endpoint(), 10});
  ASSERT_TRUE(push.wait_for_receiver(patience));
  ASSERT_TRUE(push.send({shared("small"), shared(std::string(1000, 'x'))}, patience));
  EXPECT_EQ(text_of(pull.receive(patience)), "small/" + std::string(1000, 'x'));
}

TEST(Sockets, share_the_bytes_they_send_until_they_are_sent) {
  const WireMessage image = shared(std::string(100'000, 'i'));
  {
    OutSocket push(OutSocket::Kind::push, {Attach::bind, "tcp://127.0.0.1:*", 10});
    InSocket pull(InSocket::Kind::pull, {Attach::connect, push.endpoint(), 10});
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(push.send({image}, patience));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(text_of(pull.receive(patience)).size(), 100'000U);
  }
}

TEST(Sockets, hold_a_message_for_a_subscriber_that_is_slow_and_say_so) {
  OutSocket pub(OutSocket::Kind::pub, {Attach::bind, "inproc://slow", 2}, SlowSubscriber::holds);
  InSocket sub(InSocket::Kind::sub, {Attach::connect, "inproc://slow", 2});
  ASSERT_TRUE(pub.wait_for_receiver(patience));
  int sent = 0;
  while (sent < 100 && pub.send({shared(std::to_string(sent)), shared("part")}, 0ms)) ++sent;
  EXPECT_LT(sent, 100);
  for (int i = 0; i < sent; ++i) EXPECT_EQ(text_of(sub.receive(patience)), std::to_string(i) + "/part");
  EXPECT_TRUE(pub.send({shared("next")}, patience));
  EXPECT_EQ(text_of(sub.receive(patience)), "next");
}

TEST(Sockets, nobody_subscribes_in_time) {
  OutSocket pub(OutSocket::Kind::pub, {Attach::bind, "tcp://127.0.0.1:*", 10});
  EXPECT_FALSE(pub.wait_for_receiver(0ms));
  pub.send("into the blue");
}

TEST(Sockets, say_that_a_port_is_taken) {
  const OutSocket first(OutSocket::Kind::pub, {Attach::bind, "tcp://127.0.0.1:*", 10});
  const std::string message = message_of([&] { InSocket(InSocket::Kind::sub, {Attach::bind, first.endpoint(), 10}); });
  EXPECT_TRUE(message.starts_with("cannot bind " + first.endpoint())) << message;
  EXPECT_NE(message.find("another program has it"), std::string::npos) << message;
}

TEST(Sockets, say_that_an_address_is_not_of_this_machine) {
  const std::string message =
      message_of([] { OutSocket(OutSocket::Kind::pub, {Attach::bind, "tcp://192.0.2.1:5568", 10}); });
  EXPECT_NE(message.find("not one of this machine"), std::string::npos) << message;
}

TEST(Endpoints, that_cannot_work_are_told_apart_from_those_that_can) {
  for (const char* good : {"tcp://127.0.0.1:5568", "tcp://*:5568", "tcp://[::1]:1", "ipc:///tmp/a", "inproc://a"})
    EXPECT_EQ(endpoint_problem(good), "") << good;
  for (const char* bad : {"", "127.0.0.1:5568", "tcp://", "tcp://:", "tcp://:1", "tcp://host", "tcp://host:", "ipc://",
                          "inproc://", "udp://a:1", "http://a:1", "tcp://127.0.0.1:port", "tcp://127.0.0.1:65536",
                          "tcp://127.0.0.1:0", "tcp://127.0.0.1:-1", "tcp://127.0.0.1:5568/"}) {
    EXPECT_NE(endpoint_problem(bad).find("is not an endpoint"), std::string::npos) << bad;
    EXPECT_THROW(InSocket(InSocket::Kind::sub, {Attach::connect, bad, 10}), IoError) << bad;
  }
}

}  // namespace
}  // namespace annulus
