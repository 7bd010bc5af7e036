// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "operators/kernels/tile_pixels.hpp"

namespace annulus {

/// Brings pixels from memory into a cache, a share at a time, while others are worked on.
class Ahead final {
 public:
  /// After `shares` calls of fetch() all of `tiles` are on their way.
  Ahead(std::span<const TilePixels> tiles, std::size_t shares) : tiles_(tiles) {
    std::size_t lines = 0;
    for (const TilePixels& tile : tiles) lines += tile.rows * (tile.row_bytes() / line + 1);
    share_ = lines / std::max<std::size_t>(shares, 1) + 1;
  }

  void fetch() {
    for (std::size_t left = share_; left > 0 && !tiles_.empty();) {
      const TilePixels& tile = tiles_.front();
      const std::size_t end = std::min(place_ + left * line, tile.row_bytes());
      for (; place_ < end; place_ += line, --left) __builtin_prefetch(tile.row(row_) + place_, 0, 2);
      if (place_ < tile.row_bytes()) return;
      place_ = 0;
      if (++row_ < tile.rows) continue;
      row_ = 0;
      tiles_ = tiles_.subspan(1);
    }
  }

 private:
  static constexpr std::size_t line = 64;

  std::span<const TilePixels> tiles_;
  std::size_t row_ = 0;    ///< of the first tile
  std::size_t place_ = 0;  ///< in the row
  std::size_t share_ = 0;
};

}  // namespace annulus
