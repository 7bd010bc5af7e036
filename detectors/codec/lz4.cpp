// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/codec/lz4.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include <fmt/format.h>
#include <lz4.h>

#include "detectors/codec/chunk.hpp"

namespace annulus::codec {

static_assert(largest_lz4_block == LZ4_MAX_INPUT_SIZE);
Expected<void, DecodeError> decode_lz4_block(std::span<const std::byte> in, std::span<std::byte> out,
                                             std::string_view decoder, std::size_t offset) {
  const auto fail = [&](std::size_t at) {
    return Unexpected(
        DecodeError{fmt::format("{}: no LZ4 block of {} bytes that decodes to {}", decoder, in.size(), out.size()),
                    offset + std::min(at, in.size())});
  };
  if (in.empty() || in.size() > std::numeric_limits<int>::max() || out.size() > largest_lz4_block) return fail(0);
  const int made = LZ4_decompress_safe(reinterpret_cast<const char*>(in.data()), reinterpret_cast<char*>(out.data()),
                                       static_cast<int>(in.size()), static_cast<int>(out.size()));
  // A negative result is -1 - (the place in `in` where the decoder stopped).
  if (made < 0) return fail(static_cast<std::size_t>(-(made + 1)));
  if (static_cast<std::size_t>(made) != out.size()) return fail(in.size());
  return {};
}

Expected<void, DecodeError> decode_lz4_chunk(std::span<const std::byte> in, std::span<std::byte> out) {
  const auto header = read_chunk_header(in, "lz4");
  if (!header) return Unexpected(header.error());
  if (header->bytes != out.size()) {
    return Unexpected(
        DecodeError{fmt::format("lz4: a chunk of {} bytes ({} are wanted)", header->bytes, out.size()), 0});
  }
  if (header->block_bytes == 0 && !out.empty()) return Unexpected(DecodeError{"lz4: blocks of 0 bytes", 8});
  std::size_t position = chunk_header_bytes;
  while (!out.empty()) {
    const auto room = out.first(std::min<std::size_t>(header->block_bytes, out.size()));
    const auto block = read_block(in, position, "lz4");
    if (!block) return Unexpected(block.error());
    if (block->size() == room.size()) {
      std::ranges::copy(*block, room.begin());
    } else if (const auto good = decode_lz4_block(*block, room, "lz4", position - block->size()); !good) {
      return good;
    }
    out = out.subspan(room.size());
  }
  return require_end(in, position, "lz4");
}

void append_lz4_block(std::span<const std::byte> in, std::vector<std::byte>& out) {
  if (in.size() > largest_lz4_block) throw std::invalid_argument("lz4: too large for one block");
  const int room = LZ4_compressBound(static_cast<int>(in.size()));
  const std::size_t start = out.size();
  out.resize(start + static_cast<std::size_t>(room));
  const int made = LZ4_compress_default(reinterpret_cast<const char*>(in.data()),
                                        reinterpret_cast<char*>(out.data() + start), static_cast<int>(in.size()), room);
  out.resize(start + static_cast<std::size_t>(made));
}

std::vector<std::byte> encode_lz4_block(std::span<const std::byte> in) {
  std::vector<std::byte> out;
  append_lz4_block(in, out);
  return out;
}

std::vector<std::byte> encode_lz4_chunk(std::span<const std::byte> in, std::size_t block_bytes) {
  if (block_bytes == 0 || block_bytes > largest_lz4_block) throw std::invalid_argument("lz4: no such size of blocks");
  auto out = begin_chunk({in.size(), static_cast<std::uint32_t>(block_bytes)});
  for (; !in.empty(); in = in.subspan(std::min(block_bytes, in.size()))) {
    const auto block = in.first(std::min(block_bytes, in.size()));
    const std::size_t start = out.size();
    out.resize(start + block_length_bytes);
    append_lz4_block(block, out);
    if (out.size() - start - block_length_bytes >= block.size()) {
      out.resize(start + block_length_bytes);
      out.insert(out.end(), block.begin(), block.end());
    }
    finish_block(start, out);
  }
  return out;
}

}  // namespace annulus::codec
