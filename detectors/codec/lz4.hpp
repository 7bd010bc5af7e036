// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "operators/data/error.hpp"

namespace annulus::codec {

/// The most bytes that are packed into one block.
constexpr std::size_t largest_lz4_block = 0x7E000000;

/// Decodes one bare LZ4 block, which must fill `out` exactly (SIMPLON V1 "lz4<"). Writes nothing outside `out`, whose
/// content is undefined after an error. `decoder` begins the text of an error, `offset` is the place of `in` in its
/// message.
[[nodiscard]] Expected<void, DecodeError> decode_lz4_block(std::span<const std::byte> in, std::span<std::byte> out,
                                                           std::string_view decoder = "lz4", std::size_t offset = 0);

/// Decodes a chunk of HDF5's LZ4 filter (32004; SIMPLON V2 "lz4"): the 12-byte header, then packed blocks; a block that
/// would not shrink is stored as it is. `out` has the size in the header.
[[nodiscard]] Expected<void, DecodeError> decode_lz4_chunk(std::span<const std::byte> in, std::span<std::byte> out);

/// Packs `in` (at most largest_lz4_block bytes; throws std::invalid_argument beyond) into one bare block.
[[nodiscard]] std::vector<std::byte> encode_lz4_block(std::span<const std::byte> in);
/// The same, appended to `out`.
void append_lz4_block(std::span<const std::byte> in, std::vector<std::byte>& out);

/// Packs `in` into a chunk of HDF5's LZ4 filter. Throws std::invalid_argument when `block_bytes` is 0 or too much for a
/// block.
[[nodiscard]] std::vector<std::byte> encode_lz4_chunk(std::span<const std::byte> in, std::size_t block_bytes = 1 << 20);

}  // namespace annulus::codec
