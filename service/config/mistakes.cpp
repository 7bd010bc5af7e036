// SPDX-License-Identifier: BSD-3-Clause
#include "service/config/mistakes.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "operators/data/error.hpp"

namespace annulus {

void Mistakes::add(int line, std::string_view where, std::string_view problem) {
  list_.push_back({line, fmt::format("{}:{}: {}{}{}", file_, line, where, where.empty() ? "" : ": ", problem)});
  if (list_.size() < max_mistakes) return;
  std::vector<std::string> lines = texts();
  lines.push_back(fmt::format("{}: and perhaps more; reading ended after {} mistakes", file_, max_mistakes));
  throw ConfigError(lines);
}

std::vector<std::string> Mistakes::texts() const {
  std::vector<Mistake> sorted = list_;
  std::ranges::stable_sort(sorted, {}, &Mistake::line);
  std::vector<std::string> texts;
  for (Mistake& mistake : sorted) texts.push_back(std::move(mistake.text));
  // The same words about the same place stand together: found by two checks, told once.
  const auto repeated = std::ranges::unique(texts);
  texts.erase(repeated.begin(), repeated.end());
  return texts;
}

void Mistakes::throw_if_any() const {
  if (!empty()) throw ConfigError(texts());
}

std::string join_keys(std::string_view parent, std::string_view key) {
  return fmt::format("{}{}{}", parent, parent.empty() || key.empty() ? "" : ".", key);
}

}  // namespace annulus
