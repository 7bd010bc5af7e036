// SPDX-License-Identifier: BSD-3-Clause
#include <array>
#include <chrono>
#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

#include "operators/data/error.hpp"
#include "operators/data/text.hpp"

#include "service/cli/commands.hpp"
#include "service/cli/quantity.hpp"
#include "service/daemon/signals.hpp"
#include "service/io/wire/wire_recorder.hpp"
#include "service/io/zmq/socket.hpp"

namespace annulus {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

InSocket::Kind kind_of(const std::string& name) {
  if (name == "sub") return InSocket::Kind::sub;
  if (name == "pull") return InSocket::Kind::pull;
  constexpr std::array<std::string_view, 2> names{"sub", "pull"};
  throw ConfigError(fmt::format("--kind: '{}' is not known.{}", name, suggest(name, names)));
}

InSocket open_socket(const RecordOptions& o, InSocket::Kind kind) {
  const Attach attach = o.bind ? Attach::bind : Attach::connect;
  const auto curve = read_curve(attach, o.curve.secret_key, o.curve.server_key, o.curve.client_keys);
  return {kind, SocketOptions{attach, o.endpoint, o.queue, curve}};
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

/// Prints a line a second.
class Ticker {
 public:
  void tick(const wire::RecorderTally& tally) {
    const auto now = Clock::now();
    if (now < next_) return;
    const double step = std::chrono::duration<double>(now - last_).count();
    fmt::print("{:.0f} s: {} messages, {} ({:.0f} messages/s, {}/s){}\n", seconds(now), tally.received,
               bytes_text(tally.bytes), static_cast<double>(tally.received - received_) / step,
               bytes_text(static_cast<double>(tally.bytes - bytes_) / step),
               tally.missing > 0 ? fmt::format("; {} MISSING", tally.missing) : "");
    std::fflush(stdout);
    received_ = tally.received;
    bytes_ = tally.bytes;
    last_ = now;
    next_ = now + 1s;
  }
  [[nodiscard]] double seconds(Clock::time_point now) const {
    return std::chrono::duration<double>(now - begin_).count();
  }

 private:
  Clock::time_point begin_ = Clock::now();
  Clock::time_point last_ = begin_;
  Clock::time_point next_ = begin_ + 1s;
  std::uint64_t received_ = 0;
  std::uint64_t bytes_ = 0;
};

int summarize(const RecordOptions& o, const wire::RecorderTally& tally, double seconds) {
  fmt::print("{}: {} messages, {} in {:.1f} s\n", o.output.string(), tally.written, bytes_text(tally.bytes), seconds);
  std::fflush(stdout);
  if (!tally.error.empty()) fmt::print(stderr, "annulus: {}\n", tally.error);
  if (tally.missing > 0) {
    fmt::print(stderr, "annulus: {} messages are not in the recording{}\n", tally.missing,
               tally.error.empty() ? " (the disk was too slow for them; --buffer gives more room)" : "");
  }
  return tally.error.empty() && tally.missing == 0 ? 0 : 1;
}

}  // namespace

int record(const RecordOptions& o) {
  const InSocket::Kind kind = kind_of(o.kind);
  hold_stop_signals();
  InSocket socket = open_socket(o, kind);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  wire::WireRecorder recorder(o.output,
                              {.time_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count(),
                               .endpoint = socket.endpoint(),
                               .socket = o.kind,
                               .host = host_name(),
                               .program = "annulus " ANNULUS_VERSION},
                              {.buffer = static_cast<std::size_t>(o.buffer_mb * 1e6),
                               .sync = std::chrono::milliseconds(static_cast<long>(o.sync_s * 1000))});
  if (kind == InSocket::Kind::pull) {
    fmt::print(stderr, "annulus: what is recorded from {} no other PULL client gets\n", o.endpoint);
  }
  if (!o.quiet) fmt::print("recording {} to {} until Ctrl-C\n", socket.endpoint(), o.output.string());
  std::fflush(stdout);

  Ticker ticker;
  while (!stop_requested(0ms)) {
    const wire::RecorderTally tally = recorder.tally();
    const bool enough = o.messages && tally.received >= *o.messages;
    if (enough || !tally.error.empty() || (o.seconds && ticker.seconds(Clock::now()) >= *o.seconds)) break;
    if (!o.quiet) ticker.tick(tally);
    // A detector keeps what a PULL client does not take; a publisher would throw it away.
    if (kind == InSocket::Kind::pull && !recorder.wait_for_room(50ms)) continue;
    if (auto parts = socket.receive(50ms)) (void)recorder.record(std::move(*parts));
  }
  release_stop_signals();  // a second Ctrl-C ends the program at once
  const wire::RecorderTally tally = recorder.close();
  return summarize(o, tally, ticker.seconds(Clock::now()));
}

}  // namespace annulus
