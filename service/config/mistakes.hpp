// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace annulus {

/// The mistakes found in one configuration file, so that all of them can be told at once.
class Mistakes {
 public:
  explicit Mistakes(std::string file) : file_(std::move(file)) {}

  /// `line` counts from 1; `where` is the key with its parents ("operators.dark.in") or empty; `problem` follows
  /// "problem (reason) suggestion". Throws ConfigError with all of them when they are more than anybody reads, which
  /// bounds what a broken file can cost.
  void add(int line, std::string_view where, std::string_view problem);

  [[nodiscard]] bool empty() const noexcept { return list_.empty(); }
  /// "file:line: where: problem", in the order of the file, each once.
  [[nodiscard]] std::vector<std::string> texts() const;
  /// Throws ConfigError with all of them, if there are any.
  void throw_if_any() const;

 private:
  static constexpr std::size_t max_mistakes = 500;

  struct Mistake {
    int line;
    std::string text;
  };
  std::string file_;
  std::vector<Mistake> list_;
};

/// "parent.key"; where one is empty, the other.
[[nodiscard]] std::string join_keys(std::string_view parent, std::string_view key);

}  // namespace annulus
