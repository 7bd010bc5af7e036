// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "operators/data/error.hpp"

namespace annulus::codec {

/// The 12-byte header of HDF5's bitshuffle and LZ4 filters (big endian), with which DECTRIS detectors send images too.
struct ChunkHeader {
  std::uint64_t bytes = 0;        ///< of the whole chunk, decoded
  std::uint32_t block_bytes = 0;  ///< of a decoded block, as on the wire; the last one may be smaller
};

constexpr std::size_t chunk_header_bytes = 12;
constexpr std::size_t block_length_bytes = 4;  // before every packed block

/// The most bytes that LZ4 can have packed into `packed` bytes. What a message announces beyond it is a lie.
[[nodiscard]] constexpr std::uint64_t most_decoded_bytes(std::size_t packed) { return std::uint64_t{255} * packed; }

/// Reads the header of the chunk that `in` is. It never announces more than most_decoded_bytes(), so that `bytes` may
/// be allocated. `decoder` begins the text of an error.
[[nodiscard]] Expected<ChunkHeader, DecodeError> read_chunk_header(std::span<const std::byte> in,
                                                                   std::string_view decoder = "bslz4");

/// Reads the length (4 bytes, big endian) and the bytes of the packed block at `position`, and moves that behind it.
[[nodiscard]] Expected<std::span<const std::byte>, DecodeError> read_block(std::span<const std::byte> in,
                                                                           std::size_t& position,
                                                                           std::string_view decoder);

/// An error unless `position` is the end of `in`.
[[nodiscard]] Expected<void, DecodeError> require_end(std::span<const std::byte> in, std::size_t position,
                                                      std::string_view decoder);

/// The beginning of a chunk that is being written: its header.
[[nodiscard]] std::vector<std::byte> begin_chunk(const ChunkHeader& header);

/// Writes the length of the block that begins at `start` with room for it and goes on to the end of `out`.
void finish_block(std::size_t start, std::vector<std::byte>& out);

}  // namespace annulus::codec
