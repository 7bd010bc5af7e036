// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/codec/chunk.hpp"

#include <fmt/format.h>

namespace annulus::codec {
namespace {

template <class T>
T read_big_endian(const std::byte* from) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value = static_cast<T>(value << 8) | std::to_integer<T>(from[i]);
  return value;
}

template <class T>
void write_big_endian(T value, std::byte* to) {
  for (std::size_t i = sizeof(T); i-- > 0; value >>= 8) to[i] = static_cast<std::byte>(value);
}

}  // namespace

Expected<ChunkHeader, DecodeError> read_chunk_header(std::span<const std::byte> in, std::string_view decoder) {
  if (in.size() < chunk_header_bytes) {
    return Unexpected(
        DecodeError{fmt::format("{}: {} bytes are too few (the header alone has 12)", decoder, in.size()), in.size()});
  }
  const ChunkHeader header{read_big_endian<std::uint64_t>(in.data()), read_big_endian<std::uint32_t>(in.data() + 8)};
  if (header.bytes > most_decoded_bytes(in.size() - chunk_header_bytes)) {
    return Unexpected(DecodeError{fmt::format("{}: {} bytes are announced (the {} that follow cannot hold so many)",
                                              decoder, header.bytes, in.size() - chunk_header_bytes),
                                  0});
  }
  return header;
}

Expected<std::span<const std::byte>, DecodeError> read_block(std::span<const std::byte> in, std::size_t& position,
                                                             std::string_view decoder) {
  const std::size_t left = in.size() - position;
  if (left < block_length_bytes) {
    return Unexpected(DecodeError{fmt::format("{}: ends in the length of a block", decoder), position});
  }
  const std::size_t size = read_big_endian<std::uint32_t>(in.data() + position);
  if (size == 0 || size > left - block_length_bytes) {
    return Unexpected(DecodeError{
        fmt::format("{}: a block of {} bytes ({} are left)", decoder, size, left - block_length_bytes), position});
  }
  const auto block = in.subspan(position + block_length_bytes, size);
  position += block_length_bytes + size;
  return block;
}

Expected<void, DecodeError> require_end(std::span<const std::byte> in, std::size_t position, std::string_view decoder) {
  if (position == in.size()) return {};
  return Unexpected(
      DecodeError{fmt::format("{}: {} bytes follow the last block", decoder, in.size() - position), position});
}

std::vector<std::byte> begin_chunk(const ChunkHeader& header) {
  std::vector<std::byte> out(chunk_header_bytes);
  write_big_endian(header.bytes, out.data());
  write_big_endian(header.block_bytes, out.data() + 8);
  return out;
}

void finish_block(std::size_t start, std::vector<std::byte>& out) {
  write_big_endian(static_cast<std::uint32_t>(out.size() - start - block_length_bytes), out.data() + start);
}

}  // namespace annulus::codec
