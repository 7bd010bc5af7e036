// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "operators/data/error.hpp"

#include "service/io/wire/message.hpp"

/// The bytes of recorded wires (docs/recordings.md): pure functions, little-endian on every machine.
namespace annulus::wire {

/// What a recording says of itself.
struct RecordingInfo {
  std::uint64_t id = 0;      ///< drawn for this recording; every record repeats it
  std::int64_t time_ns = 0;  ///< when it began [ns since 1970-01-01 UTC]
  std::string endpoint{};
  std::string socket{};  ///< "sub" or "pull"
  std::string host{};
  std::string program{};
};

enum class RecordKind : std::uint32_t { message = 1, end = 2 };

/// What stands before the parts of a record.
struct RecordHeader {
  std::uint64_t id = 0;
  std::uint64_t sequence = 0;     ///< of the message, from 0; of the end: how many messages there were
  std::int64_t time_ns = 0;       ///< when it was received [ns since 1970-01-01 UTC]
  std::int64_t monotonic_ns = 0;  ///< the same by a clock that nobody sets [ns since an unknown moment]
  RecordKind kind = RecordKind::message;
  std::vector<std::uint64_t> lengths{};  ///< of the parts [bytes]
  std::uint64_t checksum = 0;            ///< of the parts

  /// Bytes of the header, and of all parts.
  [[nodiscard]] std::uint64_t size() const noexcept;
  [[nodiscard]] std::uint64_t payload() const noexcept;
};

inline constexpr std::size_t max_parts = 1024;
inline constexpr std::uint64_t max_payload = std::uint64_t{1} << 32U;
/// Of a file header [bytes].
inline constexpr std::size_t max_file_header = 4096;
/// Of a record header up to the lengths [bytes].
inline constexpr std::size_t fixed_header = 48;
inline constexpr std::size_t max_record_header = fixed_header + 8 * (max_parts + 2);
inline constexpr std::size_t marker_size = 8;
/// The bytes with which every record begins.
[[nodiscard]] std::span<const std::byte> marker() noexcept;

/// XXH3, 64 bits, of all parts one after the other.
[[nodiscard]] std::uint64_t checksum_of(std::span<const WireMessage> parts);

[[nodiscard]] std::string encode_file_header(const RecordingInfo& info);
/// `parts` decides on lengths and checksum. Throws DataError for more parts or bytes than a record may have.
[[nodiscard]] std::string encode_record_header(RecordHeader header, std::span<const WireMessage> parts);

struct FileHeader {
  RecordingInfo info;
  std::size_t size = 0;  ///< bytes; 0 when it is damaged: the records tell the id
};

/// Reads the first bytes of a file (up to max_file_header). An error when this is no recording, or one of a version
/// that is not known; damage behind the first 12 bytes is none.
[[nodiscard]] Expected<FileHeader, DecodeError> decode_file_header(std::span<const std::byte> bytes);

/// Bytes of the header that begins like this; nothing when no header does. Needs fixed_header bytes.
[[nodiscard]] std::optional<std::size_t> header_size(std::span<const std::byte> bytes) noexcept;
/// The header that `bytes` are, header_size() of them; nothing when its checksum or a number is wrong.
[[nodiscard]] std::optional<RecordHeader> decode_record_header(std::span<const std::byte> bytes);

}  // namespace annulus::wire
