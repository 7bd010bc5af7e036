// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

namespace annulus {

using ByteSpans = std::span<const std::span<const std::byte>>;

/// Brings bytes from memory into a cache, a share at a time, while others are worked on.
class Ahead final {
 public:
  /// After `shares` calls of fetch() all of `spans` are on their way.
  Ahead(ByteSpans spans, std::size_t shares) : spans_(spans) {
    std::size_t lines = 0;
    for (const auto& span : spans) lines += span.size() / line + 1;
    share_ = lines / std::max<std::size_t>(shares, 1) + 1;
  }

  void fetch() {
    for (std::size_t left = share_; left > 0 && !spans_.empty();) {
      const std::size_t end = std::min(place_ + left * line, spans_.front().size());
      for (; place_ < end; place_ += line, --left) __builtin_prefetch(spans_.front().data() + place_, 0, 2);
      if (place_ < spans_.front().size()) return;
      spans_ = spans_.subspan(1);
      place_ = 0;
    }
  }

 private:
  static constexpr std::size_t line = 64;

  ByteSpans spans_;
  std::size_t place_ = 0;  ///< in the first span
  std::size_t share_ = 0;
};

}  // namespace annulus
