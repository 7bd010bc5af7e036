// SPDX-License-Identifier: BSD-3-Clause
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>
#include <thread>

#include <fmt/format.h>

#include "operators/data/error.hpp"
#include "operators/data/text.hpp"

#include "service/cli/commands.hpp"
#include "service/cli/pace.hpp"
#include "service/io/wire/recorded_messages.hpp"
#include "service/io/zmq/socket.hpp"

namespace annulus {
namespace {

double speed_of(const std::string& text) {
  if (text == "max") return std::numeric_limits<double>::infinity();
  double speed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), speed);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(speed) || speed <= 0) {
    throw ConfigError(fmt::format("--speed: '{}' is no speed (write a factor more than 0, or max)", text));
  }
  return speed;
}

OutSocket::Kind kind_of(const ReplayOptions& o, const wire::RecordingInfo& info) {
  const std::string name = o.kind.value_or(info.socket == "pull" ? "push" : "pub");
  if (name == "pub") return OutSocket::Kind::pub;
  if (name == "push") return OutSocket::Kind::push;
  constexpr std::array<std::string_view, 2> names{"pub", "push"};
  throw ConfigError(fmt::format("--kind: '{}' is not known.{}", name, suggest(name, names)));
}

void refuse_options_of_documents(const ReplayOptions& o) {
  if (o.rate_hz > 0) throw ConfigError("--rate: a recorded wire has times of its own. Use --speed.");
  if (!o.prefix.empty()) throw ConfigError("--prefix: the messages of a recorded wire have theirs. Leave it out.");
}

}  // namespace

int replay_wire(const ReplayOptions& o) {
  refuse_options_of_documents(o);
  Pace pace(speed_of(o.speed.value_or("1")));
  wire::WireReader reader = open_recorded_wire(o.file);
  const OutSocket::Kind kind = kind_of(o, reader.info());
  const Attach attach = o.bind ? Attach::bind : Attach::connect;
  const auto curve = read_curve(attach, o.curve.secret_key, o.curve.server_key, o.curve.client_keys);
  constexpr int queue = 16;  // messages can be large
  OutSocket socket(kind, {attach, o.bind ? *o.bind : *o.to, queue, curve}, SlowSubscriber::holds);
  if (!socket.wait_for_receiver(std::chrono::milliseconds(static_cast<long>(o.wait_s * 1000)))) {
    throw IoError(fmt::format("nobody listens at {} within {} s: start the receiver, or wait longer with --wait",
                              socket.endpoint(), o.wait_s));
  }
  std::uint64_t played = 0;
  bool whole = true;
  const auto begin = std::chrono::steady_clock::now();
  while (const auto item = reader.next()) {
    if (const auto* damage = std::get_if<wire::Damage>(&*item)) {
      fmt::print(stderr, "annulus: {}: {}\n", o.file, damage->problem);
      whole = false;
      continue;
    }
    const auto& message = std::get<wire::RecordedMessage>(*item);
    std::this_thread::sleep_until(pace.due(message.monotonic_ns, std::chrono::steady_clock::now()));
    while (!socket.send(message.parts, std::chrono::seconds(1))) {
    }  // the receiver is slow, and nothing may be lost
    ++played;
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  fmt::print("{} messages played in {:.1f} s\n", played, seconds);
  return whole ? 0 : 1;
}

}  // namespace annulus
