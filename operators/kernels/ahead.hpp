// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "operators/kernels/tile_pixels.hpp"

namespace annulus {

/// Brings pixels from memory into a cache while others are worked on: a line at a time, because a processor waits when
/// too many are on their way.
class Ahead final {
 public:
  /// After `shares` calls of fetch() all of `tiles` are on their way.
  Ahead(std::span<const TilePixels> tiles, std::size_t shares) : tiles_(tiles) {
    std::size_t lines = 0;
    for (const TilePixels& tile : tiles) lines += tile.rows * (tile.row_bytes() / line + 1);
    share_ = (lines + shares) / std::max<std::size_t>(shares, 1);
    begin_row();
  }

  void fetch() {
    for (std::size_t left = share_; left > 0 && place_ < end_; --left) {
      __builtin_prefetch(place_, 0, 2);
      place_ += line;
      if (place_ >= end_) {
        ++row_;
        begin_row();
      }
    }
  }

 private:
  static constexpr std::size_t line = 64;

  void begin_row() {
    while (!tiles_.empty() && row_ >= tiles_.front().rows) {
      tiles_ = tiles_.subspan(1);
      row_ = 0;
    }
    if (tiles_.empty()) {
      place_ = end_ = nullptr;
    } else {
      place_ = tiles_.front().row(row_);
      end_ = place_ + tiles_.front().row_bytes();
    }
  }

  std::span<const TilePixels> tiles_;
  std::size_t row_ = 0;  ///< of the first tile
  const std::byte* place_ = nullptr;
  const std::byte* end_ = nullptr;  ///< of the row
  std::size_t share_ = 0;
};

}  // namespace annulus
