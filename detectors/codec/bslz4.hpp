// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "detectors/codec/chunk.hpp"

namespace annulus::codec {

constexpr std::size_t default_block_bytes = 8192;

/// The size of the blocks of a chunk, decoded, after its header. Fails when the header makes no sense, or not for
/// elements of that size.
[[nodiscard]] Expected<std::size_t, DecodeError> block_bytes_of(std::span<const std::byte> in,
                                                                std::size_t element_size);

/// The blocks of a chunk of HDF5's bitshuffle filter with LZ4 (32008; SIMPLON V1 "bs16-lz4<", V2 "bslz4"), decoded one
/// after the other. The chunk is the 12-byte header, packed blocks of bitshuffled elements, and raw bytes when the
/// elements are no multiple of 8. A block size of 0 stands for 8192. It views the chunk's bytes, which must outlive it.
class Bslz4Blocks {
 public:
  /// Reads the header of `in`, with elements of 1, 2, 4 or 8 bytes.
  [[nodiscard]] static Expected<Bslz4Blocks, DecodeError> open(std::span<const std::byte> in, std::size_t element_size);

  /// Decoded bytes that are still to come. After the last, nothing follows in the chunk: next() has made sure.
  [[nodiscard]] std::size_t left() const noexcept { return left_; }
  /// How many bytes the next call of next() makes; 0 at the end.
  [[nodiscard]] std::size_t next_bytes() const noexcept;
  /// Decodes the next block into the beginning of `out` and returns that part of it; an empty one at the end. Throws
  /// std::invalid_argument when `out` has less than next_bytes(). After an error nothing is left.
  [[nodiscard]] Expected<std::span<std::byte>, DecodeError> next(std::span<std::byte> out);

 private:
  Bslz4Blocks(std::span<const std::byte> in, std::size_t element_size, std::size_t bytes, std::size_t block_bytes);
  Expected<void, DecodeError> decode(std::span<std::byte> out);

  std::span<const std::byte> in_;
  std::size_t element_size_;
  std::size_t left_;
  std::size_t block_bytes_;
  std::size_t position_;
  std::unique_ptr<std::byte[]> planes_;  // a block before it is unshuffled
};

/// Decodes a whole chunk. `out` has the size in the header; its content is undefined after an error.
[[nodiscard]] Expected<void, DecodeError> decode_bslz4(std::span<const std::byte> in, std::size_t element_size,
                                                       std::span<std::byte> out);

/// Packs `in` into a chunk. Throws std::invalid_argument unless `element_size` is 1, 2, 4 or 8 and `block_bytes` a
/// multiple of 8 elements that fits into an LZ4 block.
[[nodiscard]] std::vector<std::byte> encode_bslz4(std::span<const std::byte> in, std::size_t element_size,
                                                  std::size_t block_bytes = default_block_bytes);

}  // namespace annulus::codec
