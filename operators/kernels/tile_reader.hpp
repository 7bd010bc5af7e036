// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "operators/data/array.hpp"
#include "operators/data/error.hpp"

#include "detectors/codec/packed_image.hpp"
#include "operators/kernels/tile_pixels.hpp"
#include "operators/kernels/tiling.hpp"

namespace annulus {

/// An image tile by tile: as it lies in memory, or unpacked a band of rows at a time, so that the whole never does.
class TileReader final {
 public:
  /// Of an image of (rows, cols). Throws DataError when it has to be unpacked as a whole and cannot be.
  explicit TileReader(const Array& image)
      : dtype_(image.dtype()),
        row_bytes_(image.shape()[1] * size_of(dtype_)),
        image_bytes_(image.shape()[0] * row_bytes_),
        packed_(dynamic_cast<const codec::PackedImage*>(image.packed())) {
    if (packed_ == nullptr) bytes_ = image.bytes();
  }

  [[nodiscard]] DType dtype() const { return dtype_; }

  /// Rows that have been unpacked last; to be kept from tile to tile of an image.
  struct Room {
    std::vector<std::byte> pixels;
    std::size_t begin = 0;  ///< their first byte in the image
    std::size_t end = 0;
    std::vector<std::byte> planes;
    std::optional<DecodeError> error;  ///< the first; the pixels of such a band are 0

    void restart() {
      begin = end = 0;
      error.reset();
    }
  };

  /// Cheap when a tile lies in the same band as the one before, or in the next.
  [[nodiscard]] TilePixels read(const Tile& tile, Room& room) const {
    if (packed_ == nullptr) return place_of(tile);
    const std::size_t begin = tile.row * row_bytes_;
    unpack(begin, begin + tile.rows * row_bytes_, room);
    return at(room.pixels.data() + (begin - room.begin), tile);
  }

  /// Where read() will find a tile in memory; nothing for packed images.
  [[nodiscard]] TilePixels place_of(const Tile& tile) const {
    if (packed_ != nullptr) return {};
    return at(bytes_.data() + tile.row * row_bytes_, tile);
  }

 private:
  [[nodiscard]] TilePixels at(const std::byte* row, const Tile& tile) const {
    return {dtype_, row + tile.col * size_of(dtype_), row_bytes_, tile.rows, tile.cols};
  }

  /// Has the bytes begin <= i < end of the image in `room`.
  void unpack(std::size_t begin, std::size_t end, Room& room) const {
    const std::size_t block = packed_->block_bytes();
    if (begin < room.begin || begin >= room.end) room.begin = room.end = begin / block * block;
    if (end <= room.end) return;
    if (room.begin < begin && begin < room.end) {  // the last block of a band has pixels of the next
      std::move(room.pixels.begin() + static_cast<std::ptrdiff_t>(begin - room.begin),
                room.pixels.begin() + static_cast<std::ptrdiff_t>(room.end - room.begin), room.pixels.begin());
      room.begin = begin;
    }
    const std::size_t until = std::min((end + block - 1) / block * block, image_bytes_);
    room.pixels.resize(std::max(room.pixels.size(), until - room.begin));
    room.planes.resize(block);
    const auto out = std::span(room.pixels).subspan(room.end - room.begin, until - room.end);
    if (const auto done = packed_->unpack(room.end, out, room.planes); !done) {
      std::ranges::fill(out, std::byte{0});
      if (!room.error) room.error = done.error();
    }
    room.end = until;
  }

  DType dtype_;
  std::size_t row_bytes_;
  std::size_t image_bytes_;
  std::span<const std::byte> bytes_;
  const codec::PackedImage* packed_;
};

}  // namespace annulus
