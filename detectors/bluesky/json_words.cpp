// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/bluesky/json_words.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace annulus::bluesky {
namespace {

struct Word {
  std::string_view text;
  std::string_view spelling;  ///< zero, so that no parser overflows; nobody writes zero like this
  double value;
};

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::array<Word, 3> words{{{"NaN", "0e-730001", std::numeric_limits<double>::quiet_NaN()},
                                     {"Infinity", "0e-730002", infinity},
                                     {"-Infinity", "0e-730003", -infinity}}};

/// Where the JSON string that begins at `i` ends: the index after its closing quote.
std::size_t end_of_string(std::string_view text, std::size_t i) noexcept {
  for (++i; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] == '\\') ++i;
  }
  return std::min(i + 1, text.size());
}

}  // namespace

std::optional<std::string> spell_json_words(std::string_view text) {
  if (text.find("NaN") == std::string_view::npos && text.find("Infinity") == std::string_view::npos) return {};
  std::string out;
  std::size_t copied = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '"') {
      i = end_of_string(text, i);
      continue;
    }
    const auto* word = std::ranges::find_if(words, [&](const Word& w) { return text.substr(i).starts_with(w.text); });
    if (word == words.end()) {
      ++i;
      continue;
    }
    // Spaces around it keep "1NaN" and "NaN1" the mistakes they are.
    out.append(text.substr(copied, i - copied)).append(" ").append(word->spelling).append(" ");
    i += word->text.size();
    copied = i;
  }
  return out.append(text.substr(copied));
}

std::optional<double> json_word(std::string_view spelling) noexcept {
  const auto* word = std::ranges::find(words, spelling, &Word::spelling);
  return word == words.end() ? std::nullopt : std::optional(word->value);
}

}  // namespace annulus::bluesky
