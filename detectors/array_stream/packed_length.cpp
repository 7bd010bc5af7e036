// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/array_stream/packed_length.hpp"

#include <cstdint>
#include <optional>

#include "detectors/codec/chunk.hpp"

namespace annulus::array_stream {
namespace {

using Bytes = std::span<const std::byte>;

/// A length of LZ4: four bits, and when all are set, bytes up to the first that is not 255.
std::optional<std::size_t> take_length(Bytes in, std::size_t& at, unsigned bits) {
  std::size_t length = bits;
  if (bits < 15) return length;
  while (at < in.size()) {
    const auto more = static_cast<std::size_t>(in[at++]);
    length += more;
    if (more != 255) return length;
  }
  return std::nullopt;
}

/// The bytes of an LZ4 block that unpacks to `size` bytes: it ends with the literals that complete them.
/// (LZ4 block format description, lz4/doc/lz4_Block_format.md)
std::optional<std::size_t> lz4_length(Bytes in, std::size_t size) {
  std::size_t made = 0;
  for (std::size_t at = 0; at < in.size();) {
    const auto token = static_cast<unsigned>(in[at++]);
    const auto literals = take_length(in, at, token >> 4U);
    if (!literals || *literals > in.size() - at) return std::nullopt;
    at += *literals;
    made += *literals;
    if (made >= size) return at;
    at += 2;  // the offset of the match
    const auto match = take_length(in, at, token & 15U);
    if (!match) return std::nullopt;
    made += *match + 4;
  }
  return std::nullopt;
}

/// The bytes of packed blocks from `at` on that unpack to `size` bytes, each with its length before it, and of `tail`
/// bytes behind them.
std::optional<std::size_t> blocks_length(Bytes in, std::size_t at, std::size_t size, std::size_t block,
                                         std::size_t tail) {
  for (std::size_t made = 0; made < size; made += block) {
    if (!codec::read_block(in, at, "array-1.0")) return std::nullopt;
  }
  return tail <= in.size() - at ? std::optional(at + tail) : std::nullopt;
}

}  // namespace

std::size_t packed_length(const simplon::EncodedArray& image) {
  const auto unpacked = simplon::unpacked_size(image);
  if (!unpacked) return image.bytes.size();
  std::optional<std::size_t> length;
  switch (image.packing) {
    case simplon::Packing::lz4_block: length = lz4_length(image.bytes, *unpacked); break;
    case simplon::Packing::bslz4_headerless: {
      const std::size_t tail = *unpacked % (8 * size_of(image.dtype));
      length = blocks_length(image.bytes, 0, *unpacked - tail, simplon::headerless_block, tail);
      break;
    }
    case simplon::Packing::lz4_chunk:
      if (const auto header = codec::read_chunk_header(image.bytes, "array-1.0"); header && header->block_bytes > 0) {
        length = blocks_length(image.bytes, 12, *unpacked, header->block_bytes, 0);
      }
      break;
    case simplon::Packing::bslz4_chunk:
    case simplon::Packing::none: break;
  }
  return length.value_or(image.bytes.size());
}

}  // namespace annulus::array_stream
