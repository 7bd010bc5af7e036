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
#include "operators/kernels/plan.hpp"

namespace annulus {

/// An image block by block: as it lies in memory, or unpacked one block at a time, so that the whole never does.
class BlockReader final {
 public:
  /// Throws DataError when the image has to be unpacked as a whole and cannot be.
  explicit BlockReader(const Array& image) : dtype_(image.dtype()) {
    const auto* packed = dynamic_cast<const codec::PackedImage*>(image.packed());
    if (packed != nullptr && block_size() % packed->block_bytes() == 0) {
      packed_ = packed;
    } else {
      bytes_ = image.bytes();
    }
  }

  [[nodiscard]] DType dtype() const { return dtype_; }

  /// Room for what read() needs.
  struct Room {
    std::vector<std::byte> pixels;
    std::vector<std::byte> planes;
    std::optional<DecodeError> error;  ///< the first
  };

  /// The `count` pixels of a block; zeros after an error.
  const std::byte* read(std::size_t block, std::size_t count, Room& room) const {
    if (packed_ == nullptr) return bytes_.data() + block * block_size();
    room.pixels.resize(block_size());
    room.planes.resize(packed_->block_bytes());
    const auto out = std::span(room.pixels).first(count * size_of(dtype_));
    if (const auto done = packed_->unpack(block * block_size(), out, room.planes); !done) {
      std::ranges::fill(out, std::byte{0});
      if (!room.error) room.error = done.error();
    }
    return room.pixels.data();
  }

  /// Where read() will find a block in memory; nothing for packed images, and beyond the image's end.
  [[nodiscard]] std::span<const std::byte> place_of(std::size_t block) const {
    if (packed_ != nullptr || block * block_size() >= bytes_.size()) return {};
    return bytes_.subspan(block * block_size(), std::min(block_size(), bytes_.size() - block * block_size()));
  }

 private:
  [[nodiscard]] std::size_t block_size() const { return block_pixels * size_of(dtype_); }

  DType dtype_;
  std::span<const std::byte> bytes_;
  const codec::PackedImage* packed_ = nullptr;
};

}  // namespace annulus
