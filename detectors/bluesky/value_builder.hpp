// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "operators/data/value.hpp"

#include "detectors/bluesky/limits.hpp"

namespace annulus::bluesky {

/// Builds a value from the events of a parser (begin, key, value, end). Every method returns false when the limits of
/// this room are exceeded or a key is repeated; problem() then says so, and the parser should stop.
class ValueBuilder final {
 public:
  explicit ValueBuilder(std::size_t message_bytes) : budget_(message_bytes) {}

  [[nodiscard]] bool begin_list() { return begin(List{}); }
  [[nodiscard]] bool begin_dict() { return begin(Dict{}); }
  /// The key of the next value in the innermost mapping.
  [[nodiscard]] bool key(std::string text);
  [[nodiscard]] bool add(Value value);
  /// Ends the innermost list or mapping and adds it to the one around it.
  [[nodiscard]] bool end();

  /// The innermost open mapping, or null when a list or nothing is open.
  [[nodiscard]] Dict* open_dict() noexcept;
  /// Replaces the innermost open mapping by `value`, which has been made of it, and adds that.
  [[nodiscard]] bool end_as(Value value);

  /// Stops the building for a reason of the parser's own. Returns false, for `return builder.fail(...)`.
  bool fail(std::string problem);
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
  [[nodiscard]] Value take() { return std::move(result_); }
  [[nodiscard]] Budget& budget() noexcept { return budget_; }

 private:
  struct Level {
    Value container;
    std::string key;
  };

  [[nodiscard]] bool begin(Value container);

  Budget budget_;
  std::vector<Level> levels_;
  Value result_;
  std::string problem_;
};

}  // namespace annulus::bluesky
