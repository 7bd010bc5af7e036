// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>

namespace annulus::bluesky {

/// What any decoder of this room accepts at most, whatever the message claims.
inline constexpr std::size_t max_depth = 64;       ///< nested lists and mappings
inline constexpr std::size_t max_keys = 10'000;    ///< keys of one mapping: look-up in a Dict is linear
inline constexpr std::size_t max_dimensions = 64;  ///< of an array, as in numpy 2
inline constexpr std::size_t max_values =
    8 * 1024 * 1024;  ///< values of a message: a 4-megapixel image as nested lists

/// How much a decoder may still make out of one message. A message that refers to its own parts again and again
/// (pickle's memo) could otherwise stand for far more than its bytes.
class Budget final {
 public:
  explicit Budget(std::size_t message_bytes)
      : values_(std::min(max_values, spare_values + message_bytes)), bytes_(spare_bytes + 8 * message_bytes) {}

  /// Takes one value; false when none is left.
  [[nodiscard]] bool take_value() noexcept { return values_ > 0 && values_-- > 0; }
  /// Takes `count` bytes that must be copied; false when they are not left.
  [[nodiscard]] bool take_bytes(std::size_t count) noexcept {
    if (count > bytes_) return false;
    bytes_ -= count;
    return true;
  }

 private:
  static constexpr std::size_t spare_values = 64 * 1024;
  static constexpr std::size_t spare_bytes = 1024 * 1024;

  std::size_t values_;
  std::size_t bytes_;
};

}  // namespace annulus::bluesky
