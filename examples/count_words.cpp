// SPDX-License-Identifier: BSD-3-Clause
// Counting words: lines are split, the words counted, and the ten most frequent printed.
// count_words [FILE], or text on the standard input
#include <algorithm>
#include <cctype>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "operators/stream/stream.hpp"

using namespace annulus;

/// The words of a line, in lower case.
std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> words(1);
  for (const unsigned char c : line) {
    if (std::isalpha(c) != 0) {
      words.back() += static_cast<char>(std::tolower(c));
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

int main(int argc, char** argv) {
  Graph graph;
  auto& lines = graph.make<Source<std::string>>("lines");
  std::map<std::string, std::size_t> counts;
  lines.stream().map(split).flatten().frequencies().sink([&](const auto& so_far) { counts = so_far; });

  graph.start();
  std::ifstream file(argc > 1 ? argv[1] : "");
  std::istream& text = argc > 1 ? file : std::cin;
  if (!text) fmt::print(stderr, "{}: cannot be read\n", argv[1]);
  for (std::string line; std::getline(text, line);) lines.emit(line);
  graph.stop();

  std::vector<std::pair<std::string, std::size_t>> ranking(counts.begin(), counts.end());
  std::ranges::stable_sort(ranking, [](const auto& a, const auto& b) { return a.second > b.second; });
  if (ranking.size() > 10) ranking.resize(10);
  for (const auto& [word, count] : ranking) fmt::print("{:4} {}\n", count, word);
}
