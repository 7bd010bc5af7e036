// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/simplon/encoded_array.hpp"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "detectors/codec/bslz4.hpp"
#include "detectors/codec/lz4.hpp"
#include "detectors/codec/packed_image.hpp"

namespace annulus::simplon {
namespace {

constexpr std::size_t header_size = 12;

Unexpected<DecodeError> bad_array(std::string problem) {
  return Unexpected<DecodeError>({"simplon: " + std::move(problem), 0});
}

void swap_elements(std::span<std::byte> bytes, std::size_t size) {
  for (std::size_t i = 0; i + size <= bytes.size(); i += size) std::ranges::reverse(bytes.subspan(i, size));
}

/// A chunk as HDF5's filter writes it, of one without header.
std::vector<std::byte> with_header(std::span<const std::byte> blocks, std::size_t unpacked) {
  auto chunk = codec::begin_chunk({.bytes = unpacked, .block_bytes = headerless_block});
  chunk.insert(chunk.end(), blocks.begin(), blocks.end());
  return chunk;
}

Expected<void, DecodeError> unpack(const EncodedArray& array, std::span<std::byte> out) {
  switch (array.packing) {
    case Packing::lz4_block: return codec::decode_lz4_block(array.bytes, out);
    case Packing::lz4_chunk: return codec::decode_lz4_chunk(array.bytes, out);
    case Packing::bslz4_chunk: return codec::decode_bslz4(array.bytes, array.shuffle_size, out);
    case Packing::bslz4_headerless:
      return codec::decode_bslz4(with_header(array.bytes, out.size()), array.shuffle_size, out);
    case Packing::none: break;
  }
  std::ranges::copy(array.bytes, out.begin());
  return {};
}

}  // namespace

Expected<std::size_t, DecodeError> unpacked_size(const EncodedArray& array) {
  std::size_t total = size_of(array.dtype);
  for (const std::size_t length : array.shape) {
    if (length != 0 && total > std::numeric_limits<std::size_t>::max() / length) {
      return bad_array(fmt::format("shape {} is too large", to_string(array.shape)));
    }
    total *= length;
  }
  const std::size_t packed = array.bytes.size();
  if (array.packing == Packing::none && packed != total) {
    return bad_array(fmt::format("array {} of {} needs {} bytes, {} came", to_string(array.shape), name_of(array.dtype),
                                 total, packed));
  }
  if (total > codec::most_decoded_bytes(packed)) {
    return bad_array(fmt::format("array {} of {} cannot be in {} packed bytes (are bytes missing?)",
                                 to_string(array.shape), name_of(array.dtype), packed));
  }
  return total;
}

Expected<void, DecodeError> decode_array(const EncodedArray& array, std::span<std::byte> out) {
  const auto size = unpacked_size(array);
  if (!size) return Unexpected<DecodeError>(size.error());
  if (out.size() != *size) {
    return bad_array(
        fmt::format("array {} needs {} bytes of memory, not {}", to_string(array.shape), *size, out.size()));
  }
  auto done = unpack(array, out);
  if (done && array.swapped) swap_elements(out, size_of(array.dtype));
  return done;
}

Expected<Array, DecodeError> decode_array(const EncodedArray& array) {
  BufferPool fresh(0);
  return decode_array(array, fresh);
}

Expected<Array, DecodeError> decode_array(const EncodedArray& array, BufferPool& pool) {
  const auto size = unpacked_size(array);
  if (!size) return Unexpected<DecodeError>(size.error());
  const bool as_is = array.packing == Packing::none && (!array.swapped || size_of(array.dtype) == 1);
  if (as_is) return Array(array.dtype, array.shape, array.bytes, array.owner);
  const auto memory = pool.take(*size);
  const std::span<std::byte> out(memory.get(), *size);
  if (auto done = decode_array(array, out); !done) return Unexpected<DecodeError>(std::move(done.error()));
  return Array(array.dtype, array.shape, out, memory);
}

Expected<Array, DecodeError> wrap_array(const EncodedArray& array, BufferPool& pool) {
  const std::size_t element = size_of(array.dtype);
  const bool stays = array.packing == Packing::bslz4_chunk && array.shuffle_size == element &&
                     (!array.swapped || element == 1) && array.shape.size() == 2;
  if (!stays) return decode_array(array, pool);
  const auto size = unpacked_size(array);
  if (!size) return Unexpected<DecodeError>(size.error());
  auto packed = codec::PackedImage::open(array.bytes, element, *size, array.owner, pool);
  if (!packed) return Unexpected<DecodeError>(std::move(packed.error()));
  return Array(array.dtype, array.shape, std::move(*packed));
}

EncodedArray encode_array(const Array& array, Packing packing, std::string channel) {
  EncodedArray out;
  out.channel = std::move(channel);
  out.dtype = array.dtype();
  out.packing = packing;
  out.shuffle_size = size_of(array.dtype());
  out.shape = array.shape();
  std::vector<std::byte> packed;
  switch (packing) {
    case Packing::none:
      out.owner = std::make_shared<const Array>(array);
      out.bytes = array.bytes();
      return out;
    case Packing::lz4_block: packed = codec::encode_lz4_block(array.bytes()); break;
    case Packing::lz4_chunk: packed = codec::encode_lz4_chunk(array.bytes()); break;
    case Packing::bslz4_chunk: packed = codec::encode_bslz4(array.bytes(), out.shuffle_size); break;
    case Packing::bslz4_headerless:
      packed = codec::encode_bslz4(array.bytes(), out.shuffle_size, headerless_block);
      packed.erase(packed.begin(), packed.begin() + header_size);
      break;
  }
  const auto owner = std::make_shared<const std::vector<std::byte>>(std::move(packed));
  out.bytes = *owner;
  out.owner = owner;
  return out;
}

}  // namespace annulus::simplon
