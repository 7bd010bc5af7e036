// SPDX-License-Identifier: BSD-3-Clause
#include "service/cli/play.hpp"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

#include "detectors/bluesky/wire.hpp"
#include "tests/bench.hpp"
#include "tests/probe.hpp"

namespace annulus {
namespace {

using namespace testing;
using Clock = std::chrono::steady_clock;

/// A subscriber that listens in a thread of its own.
class Listener final {
 public:
  Listener() : thread_([this] { listen(); }) {}
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() {
    stopping_ = true;
    thread_.join();
  }
  [[nodiscard]] const std::string& endpoint() const { return endpoint_; }
  /// The names of the documents received, once there are so many.
  [[nodiscard]] std::string names(std::size_t count) {
    EXPECT_TRUE(changes_.wait([&] { return count_ >= count; }));
    return names_;
  }

 private:
  void listen() {
    while (!stopping_) {
      const auto parts = socket_.receive(std::chrono::milliseconds(5));
      if (!parts) continue;
      const WireMessage& message = parts->front();
      const auto received = bluesky::decode_message(message.bytes, message.owner, "raw", bluesky::Serializer::sniff);
      changes_.make([&] {
        names_ += (received ? std::get<Document>(*received).name : to_string(received.error())) + " ";
        ++count_;
      });
    }
  }

  InSocket socket_{InSocket::Kind::sub, {Attach::bind, "tcp://127.0.0.1:*", 100}};
  std::string endpoint_ = socket_.endpoint();
  Changes changes_;
  std::string names_;
  std::size_t count_ = 0;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

Outlet to(const Listener& listener, double rate_hz = 0) {
  return {.connect = listener.endpoint(),
          .bind = {},
          .prefix = "raw",
          .serializer = "msgpack",
          .rate_hz = rate_hz,
          .wait_s = 20};
}

std::unique_ptr<Recording> frames(std::uint64_t count) {
  return record_frames(count, [](std::uint64_t k) { return small_frame(k); }, "pixels", {});
}

TEST(Player, sends_a_recording_to_who_listens) {
  Listener listener;
  Player player(to(listener));
  EXPECT_EQ(player.play(*frames(2)), 2U);
  EXPECT_EQ(listener.names(5), "start descriptor event event stop ");
}

TEST(Player, keeps_the_rate_of_events) {
  Listener listener;
  Player player(to(listener, 200));
  const auto begun = Clock::now();
  player.play(*frames(21));
  EXPECT_GE(Clock::now() - begun, std::chrono::milliseconds(100)) << "20 intervals of 5 ms";
}

TEST(Player, does_not_make_up_for_a_pause_between_recordings) {
  Listener listener;
  Player player(to(listener, 200));
  player.play(*frames(0));
  std::this_thread::sleep_for(std::chrono::milliseconds(150));
  const auto begun = Clock::now();
  player.play(*frames(21));
  EXPECT_GE(Clock::now() - begun, std::chrono::milliseconds(100)) << "a burst, and then the rate";
}

TEST(Player, says_why_it_cannot_play) {
  Listener listener;
  Outlet outlet = to(listener);
  outlet.serializer = "pikle";
  EXPECT_EQ(message_of([&] { Player player(outlet); }), "--serializer: 'pikle' is not known. Did you mean 'pickle'?");
  outlet.serializer = "auto";
  EXPECT_THROW(Player player(outlet), ConfigError);
  outlet = {.connect = {}, .bind = {}, .prefix = {}, .serializer = "json"};
  EXPECT_NE(message_of([&] { Player player(outlet); }).find("no endpoint given"), std::string::npos);
  outlet.bind = "tcp://127.0.0.1:*";
  EXPECT_NE(message_of([&] { Player player(outlet); }).find("nobody has subscribed at tcp://127.0.0.1:"),
            std::string::npos);
}

}  // namespace
}  // namespace annulus
