// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include "operators/data/error.hpp"

#include "service/cli/commands.hpp"
#include "service/cli/pace.hpp"
#include "service/cli/wire_outlet.hpp"
#include "service/io/wire/recorded_messages.hpp"

namespace annulus {
namespace {

void refuse_options_of_documents(const ReplayOptions& o) {
  if (o.rate_hz > 0) throw ConfigError("--rate: a recorded wire has times of its own. Use --speed.");
  if (!o.prefix.empty()) throw ConfigError("--prefix: the messages of a recorded wire have theirs. Leave it out.");
}

}  // namespace

int replay_wire(const ReplayOptions& o) {
  refuse_options_of_documents(o);
  Pace pace(parse_speed(o.speed.value_or("1")));
  wire::WireReader reader = open_recorded_wire(o.file);
  WireOutlet outlet(o, reader.info().socket == "pull" ? "push" : "pub");
  bool whole = true;
  while (const auto item = reader.next()) {
    if (const auto* damage = std::get_if<wire::Damage>(&*item)) {
      fmt::print(stderr, "annulus: {}: {}\n", o.file, damage->problem);
      whole = false;
      continue;
    }
    const auto& message = std::get<wire::RecordedMessage>(*item);
    outlet.send(message.parts, pace.due(message.monotonic_ns, std::chrono::steady_clock::now()));
  }
  fmt::print("{}\n", outlet.summary());
  return whole ? 0 : 1;
}

}  // namespace annulus
