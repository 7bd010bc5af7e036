// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "service/http/routes.hpp"

struct mg_connection;

namespace annulus {

/// How a client of /live is served.
struct SessionOptions {
  std::chrono::milliseconds status_interval{1000};
  /// Longest time a client may leave messages unacknowledged or its socket full.
  std::chrono::milliseconds client_timeout{10000};
  /// Messages on their way to a client at a time. Small, so that what it shows is never old: without
  /// acknowledgements the sockets' buffers would hold seconds of pictures for a slow one.
  int window = 4;
};

/// What all sessions of a server share.
struct SessionCounters {
  std::atomic<std::uint64_t> clients{0};
  std::atomic<std::uint64_t> skipped{0};
  std::atomic<std::uint64_t> dropped{0};
};

/// One client of /live with a thread of its own, so that a slow client delays nobody. Lives from the WebSocket's
/// handshake until its close handler.
class LiveSession final {
 public:
  LiveSession(mg_connection* connection, const HttpContent& content, const SessionOptions& options,
              SessionCounters& counters);
  /// Ends the thread and waits for it.
  ~LiveSession();
  LiveSession(const LiveSession&) = delete;
  LiveSession& operator=(const LiveSession&) = delete;

  /// The client has handled one message.
  void acknowledged();

  /// Says goodbye; the thread ends soon. Does not wait.
  void stop();

 private:
  using Clock = std::chrono::steady_clock;

  void run();
  void serve();
  bool wait_for_room();
  bool send(const ViewerMessage& message);
  [[nodiscard]] ViewerMessage status_message() const;
  void hang_up();

  mg_connection* connection_;
  const HttpContent& content_;
  SessionOptions options_;
  SessionCounters& counters_;
  std::unique_ptr<ViewerFeed> feed_;
  std::mutex mutex_;
  std::condition_variable room_;
  int in_flight_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace annulus
