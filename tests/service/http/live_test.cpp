// SPDX-License-Identifier: BSD-3-Clause
// Real WebSocket clients against the server: one from civetweb, and raw sockets for those that misbehave.
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include <civetweb.h>
#include <gtest/gtest.h>

#include "service/http/http_server.hpp"
#include "tests/service/http/http_client.hpp"
#include "tests/service/http/samples.hpp"

namespace annulus {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using std::chrono::steady_clock;

/// A client that acknowledges what it gets and remembers the headers.
class LiveClient {
 public:
  explicit LiveClient(std::uint16_t port) {
    char error[100] = {};
    connection_ = mg_connect_websocket_client("127.0.0.1", port, 0, error, sizeof(error), "/live", nullptr, &on_data,
                                              &on_close, this);
    EXPECT_NE(connection_, nullptr) << error;
  }
  ~LiveClient() {
    if (connection_ != nullptr) mg_close_connection(connection_);
  }
  LiveClient(const LiveClient&) = delete;
  LiveClient& operator=(const LiveClient&) = delete;

  /// Waits for a message that `wanted` accepts.
  std::optional<json> wait_for(const std::function<bool(const json&)>& wanted) {
    std::unique_lock lock(mutex_);
    std::optional<json> found;
    changed_.wait_for(lock, 10s, [&] {
      for (; seen_ < messages_.size() && !found; ++seen_) {
        if (wanted(messages_[seen_])) found = messages_[seen_];
      }
      return found.has_value();
    });
    return found;
  }

  bool wait_for_goodbye() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 10s, [&] { return goodbye_; });
  }

 private:
  static int on_data(mg_connection* connection, int bits, char* data, std::size_t size, void* self) {
    auto& client = *static_cast<LiveClient*>(self);
    const int opcode = bits & 0xF;
    const std::string bytes(data, size);
    const std::lock_guard lock(client.mutex_);
    if (opcode == MG_WEBSOCKET_OPCODE_TEXT) client.messages_.push_back(json::parse(bytes));
    if (opcode == MG_WEBSOCKET_OPCODE_BINARY) {
      std::uint32_t length = 0;
      std::memcpy(&length, data, sizeof(length));
      client.messages_.push_back(json::parse(bytes.substr(sizeof(length), length)));
    }
    if (opcode == MG_WEBSOCKET_OPCODE_CONNECTION_CLOSE) client.goodbye_ = true;
    client.changed_.notify_all();
    mg_websocket_client_write(connection, MG_WEBSOCKET_OPCODE_TEXT, "ack", 3);
    return 1;
  }
  static void on_close(const mg_connection*, void*) {}

  mg_connection* connection_ = nullptr;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<json> messages_;
  std::size_t seen_ = 0;
  bool goodbye_ = false;
};

auto of_type(const std::string& type) {
  return [type](const json& message) { return message["type"] == type; };
}

auto pattern_from(std::uint64_t number) {
  return [number](const json& message) { return message["type"] == "pattern" && message["number"] >= number; };
}

HttpOptions options_with(std::chrono::milliseconds client_timeout = 10s) {
  HttpOptions options;
  options.port = 0;
  options.session.client_timeout = client_timeout;
  return options;
}

/// Waits until `condition` holds: for counters that another thread moves.
bool eventually(const std::function<bool()>& condition) {
  const auto deadline = steady_clock::now() + 15s;
  while (!condition()) {
    if (steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

class Live : public ::testing::Test {
 protected:
  ViewerHub hub_{{.pattern_interval = 10ms, .preview_interval = 10ms}};
  HttpContent content_{[] { return Status{}; }, hub_};
};

TEST_F(Live, gives_a_late_joiner_everything_at_once_and_news_after) {
  hub_.run_started("some-uid", {{"scan_id", 3}});
  hub_.publish(test::sample_pattern(1), "integrate");
  hub_.publish_preview(test::sample_frame(2));
  const HttpServer server(options_with(), content_);
  LiveClient client(server.port());
  EXPECT_TRUE(client.wait_for(of_type("status")));
  EXPECT_EQ(client.wait_for(of_type("run"))->at("uid"), "some-uid");
  EXPECT_EQ(client.wait_for(of_type("pattern"))->at("number"), 1);
  EXPECT_EQ(client.wait_for(of_type("preview"))->at("number"), 2);
  hub_.publish(test::sample_pattern(7), "integrate");
  EXPECT_EQ(client.wait_for(of_type("pattern"))->at("number"), 7);
  EXPECT_EQ(server.viewers().clients, 1U);
}

TEST_F(Live, tells_the_status_again_and_again) {
  HttpOptions options = options_with();
  options.session.status_interval = 20ms;
  const HttpServer server(options, content_);
  LiveClient client(server.port());
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(client.wait_for(of_type("status")));
}

TEST_F(Live, drops_a_client_that_takes_nothing_and_holds_up_nobody) {
  const HttpServer server(options_with(300ms), content_);
  const test::Socket sleeper(server.port());
  sleeper.send("GET /live HTTP/1.1\r\n" + test::upgrade_headers() + "\r\n");
  EXPECT_NE(sleeper.receive("\r\n\r\n").find("101"), std::string::npos);
  LiveClient reader(server.port());

  Pattern large = test::sample_pattern(0);
  large.axis = std::make_shared<const RadialAxis>(RadialAxis::uniform(RadialUnit::q_nm, 0, 9, 20000));
  large.intensity = std::vector<double>(20000, 1.0);
  auto longest = steady_clock::duration::zero();
  ASSERT_TRUE(eventually([&] {
    ++large.number;
    const auto before = steady_clock::now();
    hub_.publish(large, "integrate");
    longest = std::max(longest, steady_clock::now() - before);
    return server.viewers().dropped == 1;
  }));
  EXPECT_LT(longest, 200ms);  // less than the time the sleeper was waited for
  EXPECT_GE(server.viewers().skipped, 1U);
  EXPECT_TRUE(reader.wait_for(pattern_from(large.number)));
  EXPECT_TRUE(eventually([&] { return server.viewers().clients == 1; }));
}

TEST_F(Live, serves_no_more_clients_than_it_may) {
  HttpOptions options = options_with();
  options.most_viewers = 1;
  const HttpServer server(options, content_);
  LiveClient client(server.port());
  EXPECT_TRUE(client.wait_for(of_type("status")));
  EXPECT_EQ(test::request(server.port(), "GET", "/live", test::upgrade_headers()).status, 503);
}

TEST_F(Live, is_closed_to_pages_of_other_origins) {
  const HttpServer server(options_with(), content_);
  EXPECT_EQ(
      test::request(server.port(), "GET", "/live", test::upgrade_headers("Origin: http://evil.example\r\n")).status,
      403);
  EXPECT_EQ(test::get(server.port(), "/live").status, 426);
}

TEST_F(Live, forgets_a_client_that_left) {
  const HttpServer server(options_with(), content_);
  {
    LiveClient client(server.port());
    EXPECT_TRUE(client.wait_for(of_type("status")));
  }
  EXPECT_TRUE(eventually([&] { return server.viewers().clients == 0; }));
  EXPECT_EQ(server.viewers().dropped, 0U);
}

TEST_F(Live, survives_bytes_that_are_no_websocket_frame) {
  const HttpServer server(options_with(300ms), content_);
  {
    const test::Socket socket(server.port());
    socket.send("GET /live HTTP/1.1\r\n" + test::upgrade_headers() + "\r\n");
    EXPECT_NE(socket.receive("\r\n\r\n").find("101"), std::string::npos);
    socket.send(std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16));
  }
  EXPECT_TRUE(eventually([&] { return server.viewers().clients == 0; }));
  EXPECT_EQ(test::get(server.port(), "/healthz").status, 200);
}

TEST_F(Live, says_goodbye_when_the_service_stops) {
  std::optional<HttpServer> server(std::in_place, options_with(), content_);
  LiveClient client(server->port());
  EXPECT_TRUE(client.wait_for(of_type("status")));
  server.reset();
  EXPECT_TRUE(client.wait_for_goodbye());
}

}  // namespace
}  // namespace annulus
