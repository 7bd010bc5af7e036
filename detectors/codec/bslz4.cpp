// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/codec/bslz4.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "detectors/codec/bitshuffle.hpp"
#include "detectors/codec/lz4.hpp"

namespace annulus::codec {

Expected<std::size_t, DecodeError> block_bytes_of(std::span<const std::byte> in, std::size_t element_size) {
  if (!can_shuffle(element_size)) {
    return Unexpected(
        DecodeError{fmt::format("bslz4: elements of {} bytes (known are 1, 2, 4 and 8)", element_size), 0});
  }
  const auto header = read_chunk_header(in);
  if (!header) return Unexpected(header.error());
  const std::size_t block_bytes = header->block_bytes == 0 ? default_block_bytes : header->block_bytes;
  if (block_bytes % (8 * element_size) != 0 || block_bytes > largest_lz4_block) {
    return Unexpected(
        DecodeError{fmt::format("bslz4: blocks of {} bytes (with elements of {} they are a multiple of {})",
                                block_bytes, element_size, 8 * element_size),
                    8});
  }
  return block_bytes;
}

Expected<Bslz4Blocks, DecodeError> Bslz4Blocks::open(std::span<const std::byte> in, std::size_t element_size) {
  const auto block_bytes = block_bytes_of(in, element_size);
  if (!block_bytes) return Unexpected(block_bytes.error());
  const std::size_t bytes = read_chunk_header(in)->bytes;
  if (bytes == 0) {
    if (const auto end = require_end(in, chunk_header_bytes, "bslz4"); !end) return Unexpected(end.error());
  }
  return Bslz4Blocks(in, element_size, bytes, *block_bytes);
}

Bslz4Blocks::Bslz4Blocks(std::span<const std::byte> in, std::size_t element_size, std::size_t bytes,
                         std::size_t block_bytes)
    : in_(in),
      element_size_(element_size),
      left_(bytes),
      block_bytes_(block_bytes),
      position_(chunk_header_bytes),
      planes_(std::make_unique_for_overwrite<std::byte[]>(next_bytes())) {}

std::size_t Bslz4Blocks::next_bytes() const noexcept {
  const std::size_t raw = left_ % (8 * element_size_);
  return left_ == raw ? raw : std::min(block_bytes_, left_ - raw);
}

Expected<std::span<std::byte>, DecodeError> Bslz4Blocks::next(std::span<std::byte> out) {
  const std::size_t size = next_bytes();
  if (out.size() < size) throw std::invalid_argument("bslz4: no room for the next block");
  out = out.first(size);
  auto done = decode(out);
  left_ -= size;
  if (done && size > 0 && left_ == 0) done = require_end(in_, position_, "bslz4");
  if (done) return out;
  left_ = 0;
  return Unexpected(done.error());
}

Expected<void, DecodeError> Bslz4Blocks::decode(std::span<std::byte> out) {
  if (out.size() < 8 * element_size_) {
    if (in_.size() - position_ < out.size()) {
      return Unexpected(
          DecodeError{fmt::format("bslz4: ends in the {} bytes behind the last block", out.size()), position_});
    }
    std::ranges::copy(in_.subspan(position_, out.size()), out.begin());
    position_ += out.size();
    return {};
  }
  const auto block = read_block(in_, position_, "bslz4");
  if (!block) return Unexpected(block.error());
  const std::span planes(planes_.get(), out.size());
  auto good = decode_lz4_block(*block, planes, "bslz4", position_ - block->size());
  if (good) bit_unshuffle(planes, element_size_, out);
  return good;
}

Expected<void, DecodeError> decode_bslz4(std::span<const std::byte> in, std::size_t element_size,
                                         std::span<std::byte> out) {
  auto blocks = Bslz4Blocks::open(in, element_size);
  if (!blocks) return Unexpected(blocks.error());
  if (blocks->left() != out.size()) {
    return Unexpected(
        DecodeError{fmt::format("bslz4: a chunk of {} bytes ({} are wanted)", blocks->left(), out.size()), 0});
  }
  while (!out.empty()) {
    const auto block = blocks->next(out);
    if (!block) return Unexpected(block.error());
    out = out.subspan(block->size());
  }
  return {};
}

std::vector<std::byte> encode_bslz4(std::span<const std::byte> in, std::size_t element_size, std::size_t block_bytes) {
  if (!can_shuffle(element_size) || block_bytes == 0 || block_bytes % (8 * element_size) != 0 ||
      block_bytes > largest_lz4_block) {
    throw std::invalid_argument("bslz4: blocks are a multiple of 8 elements of 1, 2, 4 or 8 bytes");
  }
  auto out = begin_chunk({in.size(), static_cast<std::uint32_t>(block_bytes)});
  const std::size_t raw = in.size() % (8 * element_size);
  std::vector<std::byte> planes(std::min(block_bytes, in.size() - raw));
  while (in.size() > raw) {
    const auto block = in.first(std::min(block_bytes, in.size() - raw));
    bit_shuffle(block, element_size, std::span(planes).first(block.size()));
    const std::size_t start = out.size();
    out.resize(start + block_length_bytes);
    append_lz4_block(std::span(planes).first(block.size()), out);
    finish_block(start, out);
    in = in.subspan(block.size());
  }
  out.insert(out.end(), in.begin(), in.end());
  return out;
}

}  // namespace annulus::codec
