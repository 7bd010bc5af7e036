// SPDX-License-Identifier: BSD-3-Clause
#include "service/cli/play.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <thread>

#include <fmt/format.h>

#include "operators/data/text.hpp"

#include "service/io/replay/faults.hpp"

namespace annulus {
namespace {

OutSocket open_socket(const Outlet& outlet) {
  if (!outlet.connect && !outlet.bind) {
    throw ConfigError("no endpoint given: say where to send, for example tcp://127.0.0.1:5567");
  }
  constexpr int queue = 16;  // frames can be large
  const SocketOptions options{outlet.bind ? Attach::bind : Attach::connect,
                              outlet.bind ? *outlet.bind : *outlet.connect, queue};
  return {OutSocket::Kind::pub, options, SlowSubscriber::holds};
}

bluesky::Serializer serializer_of(const std::string& name) {
  const auto serializer = bluesky::parse_serializer(name);
  if (serializer && *serializer != bluesky::Serializer::sniff) return *serializer;
  constexpr std::array<std::string_view, 3> names{"pickle", "msgpack", "json"};
  throw ConfigError(fmt::format("--serializer: '{}' is not known.{}", name, suggest(name, names)));
}

}  // namespace

Player::Player(const Outlet& outlet) : outlet_(outlet), socket_(open_socket(outlet)) {
  (void)serializer_of(outlet_.serializer);
  const auto patience = std::chrono::milliseconds(static_cast<long>(outlet_.wait_s * 1000));
  if (!socket_.wait_for_receiver(patience)) {
    throw IoError(fmt::format("nobody has subscribed at {} within {} s: start the receiver, or wait longer with --wait",
                              socket_.endpoint(), outlet_.wait_s));
  }
}

std::uint64_t Player::play(Recording& recording) {
  const bluesky::Serializer serializer = serializer_of(outlet_.serializer);
  std::uint64_t events = 0;
  bool in_turn = false;
  next_ = std::chrono::steady_clock::now();  // a pause since the last recording is not made up for
  while (true) {
    auto document = recording.next();
    if (!document) {
      std::fprintf(stderr, "document left out: %s\n", to_string(document.error()).c_str());
      continue;
    }
    if (!*document) return events;
    const std::string& name = (*document)->name;
    const bool is_event = name == "event" || name == "event_page";
    // What points to the images of an event comes with it.
    if (!in_turn && (is_event || name == "stream_datum" || name == "datum")) wait_for_turn();
    in_turn = !is_event && (in_turn || name == "stream_datum" || name == "datum");
    if (is_event) ++events;
    socket_.send(message_of(**document, serializer));
  }
}

std::string Player::message_of(const Document& document, bluesky::Serializer serializer) const {
  std::string message = bluesky::encode_message(document, outlet_.prefix, serializer);
  const auto frame = frame_of(document);
  if (frame && std::ranges::find(outlet_.truncate, *frame) != outlet_.truncate.end())
    message.resize(message.size() / 2);
  return message;
}

void Player::wait_for_turn() {
  if (outlet_.rate_hz <= 0) return;
  std::this_thread::sleep_until(next_);
  const auto step = std::chrono::duration<double>(1 / outlet_.rate_hz);
  next_ = std::max(next_ + std::chrono::duration_cast<std::chrono::steady_clock::duration>(step),
                   std::chrono::steady_clock::now() - std::chrono::seconds(1));
}

}  // namespace annulus
