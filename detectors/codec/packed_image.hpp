// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "operators/data/buffer_pool.hpp"
#include "operators/data/error.hpp"
#include "operators/data/packed_bytes.hpp"

namespace annulus::codec {

/// A chunk of HDF5's bitshuffle filter with LZ4 whose blocks can be unpacked one by one, in any order and by several
/// threads, so that an image need never lie in memory as a whole.
class PackedImage final : public PackedBytes {
 public:
  /// Finds the blocks of `chunk`, which `owner` keeps alive, without unpacking them. Fails when the header, a length or
  /// the end makes no sense, or when the chunk does not announce `bytes` bytes. Memory for a whole image is taken from
  /// `pool`.
  static Expected<std::shared_ptr<const PackedImage>, DecodeError> open(std::span<const std::byte> chunk,
                                                                        std::size_t element_size, std::size_t bytes,
                                                                        std::shared_ptr<const void> owner,
                                                                        BufferPool pool);

  /// Unpacked bytes of every block but the last, which may have fewer.
  [[nodiscard]] std::size_t block_bytes() const noexcept { return block_bytes_; }

  /// Unpacks the bytes from `first` on, a multiple of block_bytes(), into `out`, which ends with a block or the image.
  /// `planes` is scratch of block_bytes().
  [[nodiscard]] Expected<void, DecodeError> unpack(std::size_t first, std::span<std::byte> out,
                                                   std::span<std::byte> planes) const;

  [[nodiscard]] std::span<const std::byte> unpacked() const override;
  /// As they came.
  [[nodiscard]] std::span<const std::byte> chunk() const noexcept { return chunk_; }

  PackedImage(const PackedImage&) = delete;
  PackedImage& operator=(const PackedImage&) = delete;

 private:
  PackedImage(std::span<const std::byte> chunk, std::size_t element_size, std::size_t bytes,
              std::shared_ptr<const void> owner, BufferPool pool)
      : chunk_(chunk), element_size_(element_size), bytes_(bytes), owner_(std::move(owner)), pool_(std::move(pool)) {}

  std::span<const std::byte> chunk_;
  std::size_t element_size_;
  std::size_t bytes_;
  std::size_t block_bytes_ = 0;
  std::vector<std::size_t> places_;  ///< of the packed blocks' lengths in the chunk, and where the raw end begins
  std::shared_ptr<const void> owner_;
  mutable BufferPool pool_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<std::byte[]> memory_;
};

}  // namespace annulus::codec
