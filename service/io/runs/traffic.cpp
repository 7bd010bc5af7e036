// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/runs/traffic.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace annulus {
namespace {

constexpr std::uint64_t most_told = 20;  // of one kind
constexpr std::size_t most_kinds = 64;

/// The first bytes of a message, for a person who wonders what it was.
std::string hex_head(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte b : bytes.first(std::min<std::size_t>(bytes.size(), 24))) {
    text += fmt::format("{:02x} ", std::to_integer<unsigned>(b));
  }
  return text + (bytes.size() > 24 ? "..." : "");
}

/// "pickle" of "pickle: opcode ...".
std::string decoder_of(const DecodeError& error) {
  const std::size_t colon = error.problem.find(':');
  return colon == std::string::npos || colon > 24 ? "undecodable" : error.problem.substr(0, colon);
}

std::uint64_t count(Traffic& traffic, std::string_view kind, std::uint64_t n) {
  const bool full = traffic.refused.size() >= most_kinds && !traffic.refused.contains(std::string(kind));
  return traffic.refused[full ? "other" : std::string(kind)] += n;
}

}  // namespace

void TrafficCounter::received(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  ++traffic_.messages;
  traffic_.bytes += bytes;
}

void TrafficCounter::refused(std::string_view kind, std::uint64_t n) {
  const std::lock_guard lock(mutex_);
  count(traffic_, kind, n);
}

std::optional<std::string> TrafficCounter::refused(const DecodeError& error, std::span<const std::byte> message) {
  std::uint64_t so_far = 0;
  {
    const std::lock_guard lock(mutex_);
    so_far = count(traffic_, decoder_of(error), 1);
  }
  if (so_far > most_told) return std::nullopt;
  const std::string more = so_far == most_told ? " (more of this kind are only counted)" : "";
  if (message.empty()) return fmt::format("message refused: {}{}", to_string(error), more);
  return fmt::format("message of {} bytes refused: {}; it begins {}{}", message.size(), to_string(error),
                     hex_head(message), more);
}

Traffic TrafficCounter::traffic() const {
  const std::lock_guard lock(mutex_);
  return traffic_;
}

}  // namespace annulus
