// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/bluesky/repeated_key.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string_view>
#include <vector>

namespace annulus::bluesky {

namespace {

/// A number that equal keys have in common and others seldom do.
std::uint64_t digest(std::string_view key) noexcept {
  constexpr std::uint64_t odd = 0x9E3779B97F4A7C15U;
  std::uint64_t sum = key.size();
  std::uint64_t word = 0;
  while (key.size() > sizeof(word)) {
    std::memcpy(&word, key.data(), sizeof(word));
    sum = (sum ^ word) * odd;
    sum ^= sum >> 32U;
    key.remove_prefix(sizeof(word));
  }
  word = 0;
  std::memcpy(&word, key.data(), key.size());
  return (sum ^ word) * odd;
}

/// True when no two keys can be equal, which takes a fraction of the time of comparing them. May be false without need.
bool all_differ(const Dict& dict) noexcept {
  std::array<std::uint64_t, 64> seen{};
  for (const auto& [key, value] : dict) {
    const std::uint64_t bit = digest(key) >> 52U;  // one of 4096
    std::uint64_t& word = seen[bit / 64];
    const std::uint64_t mask = std::uint64_t{1} << bit % 64;
    if ((word & mask) != 0) return false;
    word |= mask;
  }
  return true;
}

}  // namespace

const std::string* repeated_key(const Dict& dict) {
  if (dict.size() < 2 || all_differ(dict)) return nullptr;
  std::vector<const std::string*> keys;
  keys.reserve(dict.size());
  for (const auto& [key, value] : dict) keys.push_back(&key);
  const auto text = [](const std::string* key) -> const std::string& { return *key; };
  std::ranges::sort(keys, std::less<>(), text);
  const auto twice = std::ranges::adjacent_find(keys, std::equal_to<>(), text);
  return twice == keys.end() ? nullptr : *twice;
}

}  // namespace annulus::bluesky
