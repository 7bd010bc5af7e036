// SPDX-License-Identifier: BSD-3-Clause
#include "service/http/live_session.hpp"

#include <nlohmann/json.hpp>

#include <civetweb.h>

#include "service/http/status_json.hpp"

namespace annulus {
namespace {

constexpr char going_away[] = {0x03, static_cast<char>(0xE9)};  // close code 1001 (RFC 6455, section 7.4.1)

}  // namespace

LiveSession::LiveSession(mg_connection* connection, const HttpContent& content, const SessionOptions& options,
                         SessionCounters& counters)
    : connection_(connection),
      content_(content),
      options_(options),
      counters_(counters),
      feed_(content.hub.subscribe()),
      thread_([this] { run(); }) {}

LiveSession::~LiveSession() {
  stop();
  thread_.join();
}

void LiveSession::acknowledged() {
  const std::lock_guard lock(mutex_);
  if (in_flight_ > 0) --in_flight_;
  room_.notify_one();
}

void LiveSession::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  room_.notify_one();
  feed_->close();
}

ViewerMessage LiveSession::status_message() const {
  const ViewerStatus viewers{counters_.clients, counters_.skipped, counters_.dropped};
  return {ViewerMessage::Form::text, dump(to_json(content_.status(), viewers))};
}

void LiveSession::run() {
  try {
    serve();
  } catch (const std::exception&) {
    hang_up();  // the client comes back and gets a fresh start
  }
}

void LiveSession::serve() {
  Clock::time_point status_due = Clock::now();
  while (wait_for_room()) {
    const bool due = Clock::now() >= status_due;
    if (due) status_due = Clock::now() + options_.status_interval;
    const auto message = due ? std::make_shared<const ViewerMessage>(status_message()) : feed_->next(status_due);
    if (message && !send(*message)) return hang_up();  // the client has left
  }
  const std::lock_guard lock(mutex_);
  if (stopping_) mg_websocket_write(connection_, MG_WEBSOCKET_OPCODE_CONNECTION_CLOSE, going_away, sizeof(going_away));
}

/// Waits until a message may be sent; false when the session is over.
bool LiveSession::wait_for_room() {
  std::unique_lock lock(mutex_);
  const auto began = Clock::now();
  const auto ready = [&] { return stopping_ || in_flight_ < options_.window; };
  if (ready()) return !stopping_;
  ++counters_.skipped;
  const bool came = room_.wait_until(lock, began + options_.client_timeout, ready);
  if (stopping_) return false;
  lock.unlock();
  if (!came) {
    ++counters_.dropped;
    hang_up();
  }
  return came;
}

bool LiveSession::send(const ViewerMessage& message) {
  {
    const std::lock_guard lock(mutex_);
    ++in_flight_;
  }
  const int opcode = message.form == ViewerMessage::Form::text ? MG_WEBSOCKET_OPCODE_TEXT : MG_WEBSOCKET_OPCODE_BINARY;
  return mg_websocket_write(connection_, opcode, message.bytes.data(), message.bytes.size()) > 0;
}

void LiveSession::hang_up() {
  const std::lock_guard lock(mutex_);
  if (!stopping_) mg_disable_connection_keep_alive(connection_);  // ends the connection's reading loop
}

}  // namespace annulus
