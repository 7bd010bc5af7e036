// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/ranges.h>

#include "operators/stream/stream.hpp"

namespace annulus::page {

// The code of docs/streams.md: tools/update_docs.sh copies what is between the marks, and what it prints, into the
// page.

using Parts = std::map<std::string, void (*)()>;
Parts vocabulary();
Parts promises();

/// Prints, line by line, what has reached it.
class Show {
 public:
  ~Show() {
    for (const auto& [word, elements] : lines_) fmt::print("{}: {}\n", word, fmt::join(elements, "  "));
  }
  template <class T>
  void operator()(const std::string& word, const Stream<T>& stream) {
    auto& line = lines_.emplace_back(word, std::vector<std::string>{});
    stream.sink([&line](const T& element) { line.second.push_back(fmt::format("{}", element)); });
  }

 private:
  std::deque<std::pair<std::string, std::vector<std::string>>> lines_;
};

}  // namespace annulus::page
