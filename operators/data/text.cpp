// SPDX-License-Identifier: BSD-3-Clause
#include "operators/data/text.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace annulus {
namespace {

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other (optimal string
/// alignment, doi:10.1145/363958.363994).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(above);
    above.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = above[j - 1] + (a[i - 1] != b[j - 1] ? 1U : 0U);
      row[j] = std::min({row[j - 1] + 1, above[j] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

/// The only candidate that begins with `word`, or empty.
std::string_view completion(std::string_view word, std::span<const std::string_view> candidates) {
  if (word.size() < 2) return {};
  std::string_view found;
  for (const std::string_view candidate : candidates) {
    if (!candidate.starts_with(word)) continue;
    if (!found.empty()) return {};
    found = candidate;
  }
  return found;
}

}  // namespace

std::string_view closest(std::string_view word, std::span<const std::string_view> candidates) {
  if (const std::string_view completed = completion(word, candidates); !completed.empty()) return completed;
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string suggest(std::string_view word, std::span<const std::string_view> candidates) {
  if (const std::string_view near = closest(word, candidates); !near.empty()) {
    return fmt::format(" Did you mean '{}'?", near);
  }
  if (candidates.empty()) return {};
  return fmt::format(" Choose one of: {}.", fmt::join(candidates, ", "));
}

}  // namespace annulus
