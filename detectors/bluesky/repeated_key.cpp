// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/bluesky/repeated_key.hpp"

#include <algorithm>
#include <functional>
#include <vector>

namespace annulus::bluesky {

const std::string* repeated_key(const Dict::Keys& all) {
  std::vector<const std::string*> keys;
  keys.reserve(all.size());
  for (const std::string& key : all) keys.push_back(&key);
  const auto text = [](const std::string* key) -> const std::string& { return *key; };
  std::ranges::sort(keys, std::less<>(), text);
  const auto twice = std::ranges::adjacent_find(keys, std::equal_to<>(), text);
  return twice == keys.end() ? nullptr : *twice;
}

}  // namespace annulus::bluesky
