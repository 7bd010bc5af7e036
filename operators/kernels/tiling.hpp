// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace annulus {

/// The entries of a Plan are applied to tiles of at most that many pixels, which stay in a processor's first cache.
constexpr std::size_t tile_pixels = 8192;

/// A rectangle of pixels.
struct Tile {
  std::size_t row = 0;  ///< its first
  std::size_t col = 0;
  std::size_t rows = 0;
  std::size_t cols = 0;
};

/// Pixels, by number of the tile * tile_pixels + place in the tile.
using Spots = std::vector<std::uint64_t>;

/// Divides an image into bands of rows, and those into tiles: a tile touches far fewer rings than as many pixels side
/// by side would, so that more of its pixels belong to the same sums. Within a tile, a pixel is known by its place,
/// row of the tile * pitch + column of the tile.
class Tiling final {
 public:
  Tiling(std::size_t rows, std::size_t cols)
      : rows_(rows),
        cols_(cols),
        pitch_(pitch_for(rows, cols)),
        across_(in_parts_of(cols, pitch_)),
        height_(std::min(rows, tile_pixels / pitch_)),
        pixels_of_places_(tile_pixels) {
    for (std::size_t place = 0; place < tile_pixels; ++place) {
      pixels_of_places_[place] = static_cast<std::uint32_t>(place / pitch_ * cols + place % pitch_);
    }
  }

  [[nodiscard]] std::size_t pixels() const noexcept { return rows_ * cols_; }
  [[nodiscard]] std::size_t bands() const noexcept { return in_parts_of(rows_, height_); }
  /// Of a band.
  [[nodiscard]] std::size_t across() const noexcept { return across_; }
  [[nodiscard]] std::size_t tiles() const noexcept { return bands() * across_; }
  /// From a place to the one below; a multiple of pitch_unit.
  [[nodiscard]] std::size_t pitch() const noexcept { return pitch_; }

  /// The tiles of a band come one after the other. Nothing beyond the last tile.
  [[nodiscard]] Tile tile(std::size_t k) const {
    if (k >= tiles()) return {};
    const std::size_t row = k / across_ * height_;
    const std::size_t col = k % across_ * pitch_;
    return {row, col, std::min(height_, rows_ - row), std::min(pitch_, cols_ - col)};
  }
  /// All tiles of a band together.
  [[nodiscard]] Tile band(std::size_t k) const {
    return {k * height_, 0, std::min(height_, rows_ - k * height_), cols_};
  }
  [[nodiscard]] std::size_t pixel(const Tile& tile, std::size_t place) const {
    return tile.row * cols_ + tile.col + pixels_of_places_[place];
  }

  static constexpr std::size_t pitch_unit = 32;  ///< no vector of 16-bit numbers is longer

 private:
  static constexpr std::size_t widest = 512;

  static std::size_t in_parts_of(std::size_t whole, std::size_t part) { return (whole + part - 1) / part; }

  /// Of tiles of about the same width; few rows make them wide.
  static std::size_t pitch_for(std::size_t rows, std::size_t cols) {
    const std::size_t across = in_parts_of(cols, std::max(tile_pixels / rows, widest));
    return pitch_unit * in_parts_of(in_parts_of(cols, across), pitch_unit);
  }

  std::size_t rows_;
  std::size_t cols_;
  std::size_t pitch_;
  std::size_t across_;
  std::size_t height_;
  std::vector<std::uint32_t> pixels_of_places_;
};

/// Calls f(place) for every pixel of a tile, row by row.
template <class F>
void for_each_place(const Tiling& tiling, const Tile& tile, const F& f) {
  for (std::size_t row = 0; row < tile.rows; ++row) {
    for (std::size_t col = 0; col < tile.cols; ++col) f(row * tiling.pitch() + col);
  }
}

}  // namespace annulus
