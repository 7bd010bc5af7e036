// SPDX-License-Identifier: BSD-3-Clause
#include "service/cli/wire_outlet.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <thread>

#include <fmt/format.h>

#include "operators/data/error.hpp"
#include "operators/data/text.hpp"

namespace annulus {
namespace {

OutSocket::Kind kind_of(const std::string& name) {
  if (name == "pub") return OutSocket::Kind::pub;
  if (name == "push") return OutSocket::Kind::push;
  constexpr std::array<std::string_view, 2> names{"pub", "push"};
  throw ConfigError(fmt::format("--kind: '{}' is not known.{}", name, suggest(name, names)));
}

OutSocket open_socket(const ReplayOptions& o, const std::string& fallback) {
  const Attach attach = o.bind ? Attach::bind : Attach::connect;
  const auto curve = read_curve(attach, o.curve.secret_key, o.curve.server_key, o.curve.client_keys);
  constexpr int queue = 16;  // messages can be large
  return {kind_of(o.kind.value_or(fallback)), {attach, o.bind ? *o.bind : *o.to, queue, curve}, SlowSubscriber::holds};
}

}  // namespace

WireOutlet::WireOutlet(const ReplayOptions& o, const std::string& fallback) : socket_(open_socket(o, fallback)) {
  if (!socket_.wait_for_receiver(std::chrono::milliseconds(static_cast<long>(o.wait_s * 1000)))) {
    throw IoError(fmt::format("nobody listens at {} within {} s: start the receiver, or wait longer with --wait",
                              socket_.endpoint(), o.wait_s));
  }
  begin_ = std::chrono::steady_clock::now();
}

void WireOutlet::send(const WireParts& parts, std::chrono::steady_clock::time_point due) {
  std::this_thread::sleep_until(due);
  while (!socket_.send(parts, std::chrono::seconds(1))) {
  }
  ++sent_;
}

std::string WireOutlet::summary() const {
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  return fmt::format("{} messages played in {:.1f} s", sent_, seconds);
}

double parse_speed(const std::string& text) {
  if (text == "max") return std::numeric_limits<double>::infinity();
  double speed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), speed);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(speed) || speed <= 0) {
    throw ConfigError(fmt::format("--speed: '{}' is no speed (write a factor more than 0, or max)", text));
  }
  return speed;
}

}  // namespace annulus
