// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/wire/wire_format.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>

#include <fmt/format.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace annulus::wire {
namespace {

using namespace std::string_view_literals;

// A byte above 127, a line end of each system and an end-of-file character: text-mode copies damage them first.
constexpr std::string_view file_magic =
    "\x89"
    "ANW\r\n\x1a\n"sv;
constexpr std::string_view record_marker = "\xc5REC\r\x9e\n\x1a"sv;
constexpr std::uint32_t version = 1;
constexpr std::size_t fixed_file_header = 40;

std::span<const std::byte> as_bytes(std::string_view text) noexcept { return std::as_bytes(std::span(text)); }

template <class T>
void put(std::string& out, T value) {
  const auto bits = static_cast<std::uint64_t>(value);
  for (std::size_t i = 0; i < sizeof(T); ++i) out.push_back(static_cast<char>(bits >> (8 * i) & 0xffU));
}

/// The number at `offset`, which the caller knows to be there.
template <class T>
T get(std::span<const std::byte> bytes, std::size_t offset) noexcept {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) bits |= static_cast<std::uint64_t>(bytes[offset + i]) << (8 * i);
  return static_cast<T>(bits);
}

bool begins(std::span<const std::byte> bytes, std::string_view with) noexcept {
  return bytes.size() >= with.size() && std::ranges::equal(bytes.first(with.size()), as_bytes(with));
}

std::uint64_t hash(std::span<const std::byte> bytes) noexcept { return XXH3_64bits(bytes.data(), bytes.size()); }

/// "key: value" in lines; keys that are not known are for later versions.
void read_text(std::string_view text, RecordingInfo& info) {
  const std::array<std::pair<std::string_view, std::string*>, 4> known{
      {{"endpoint", &info.endpoint}, {"socket", &info.socket}, {"host", &info.host}, {"program", &info.program}}};
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    for (const auto& [key, value] : known) {
      if (line.starts_with(key) && line.substr(key.size()).starts_with(": ")) *value = line.substr(key.size() + 2);
    }
  }
}

/// A value on a line of its own.
std::string line_of(std::string_view key, std::string value) {
  std::ranges::replace(value, '\n', ' ');
  return fmt::format("{}: {:.500}\n", key, value);
}

}  // namespace

std::span<const std::byte> marker() noexcept { return as_bytes(record_marker); }

std::uint64_t RecordHeader::size() const noexcept { return fixed_header + 8 * (lengths.size() + 2); }
std::uint64_t RecordHeader::payload() const noexcept {
  return std::accumulate(lengths.begin(), lengths.end(), std::uint64_t{0});
}

std::uint64_t checksum_of(std::span<const WireMessage> parts) {
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  for (const WireMessage& part : parts) XXH3_64bits_update(&state, part.bytes.data(), part.bytes.size());
  return XXH3_64bits_digest(&state);
}

std::string encode_file_header(const RecordingInfo& info) {
  const std::string text = line_of("endpoint", info.endpoint) + line_of("socket", info.socket) +
                           line_of("host", info.host) + line_of("program", info.program);
  std::string out(file_magic);
  put(out, version);
  put(out, static_cast<std::uint32_t>(text.size()));
  put(out, info.id);
  put(out, info.time_ns);
  put(out, std::uint64_t{0});
  out += text;
  put(out, hash(as_bytes(out)));
  return out;
}

std::string encode_record_header(RecordHeader header, std::span<const WireMessage> parts) {
  header.lengths.clear();
  for (const WireMessage& part : parts) header.lengths.push_back(part.bytes.size());
  if (parts.size() > max_parts || header.payload() > max_payload) {
    throw DataError(fmt::format("message of {} parts and {} bytes is too large for a recording (at most {} and {})",
                                parts.size(), header.payload(), max_parts, max_payload));
  }
  std::string out(record_marker);
  put(out, header.id);
  put(out, header.sequence);
  put(out, header.time_ns);
  put(out, header.monotonic_ns);
  put(out, static_cast<std::uint32_t>(header.kind));
  put(out, static_cast<std::uint32_t>(parts.size()));
  for (const std::uint64_t length : header.lengths) put(out, length);
  put(out, checksum_of(parts));
  put(out, hash(as_bytes(out)));
  return out;
}

Expected<FileHeader, DecodeError> decode_file_header(std::span<const std::byte> bytes) {
  if (!begins(bytes, file_magic) || bytes.size() < 12) {
    return Unexpected<DecodeError>({"recording: the file does not begin as a recorded wire does", 0});
  }
  if (const auto v = get<std::uint32_t>(bytes, 8); v != version) {
    return Unexpected<DecodeError>(
        {fmt::format("recording: version {} is not known (this program reads version {})", v, version), 8});
  }
  FileHeader header;
  if (bytes.size() < fixed_file_header) return header;
  const std::size_t text = get<std::uint32_t>(bytes, 12);
  const std::size_t checked = fixed_file_header + text;
  if (checked + 8 > std::min(bytes.size(), max_file_header)) return header;
  if (get<std::uint64_t>(bytes, checked) != hash(bytes.first(checked))) return header;
  header.info.id = get<std::uint64_t>(bytes, 16);
  header.info.time_ns = get<std::int64_t>(bytes, 24);
  const auto chars = bytes.subspan(fixed_file_header, text);
  read_text({reinterpret_cast<const char*>(chars.data()), chars.size()}, header.info);
  header.size = checked + 8;
  return header;
}

std::optional<std::size_t> header_size(std::span<const std::byte> bytes) noexcept {
  if (bytes.size() < fixed_header || !begins(bytes, record_marker)) return std::nullopt;
  const auto parts = get<std::uint32_t>(bytes, 44);
  if (parts > max_parts) return std::nullopt;
  return fixed_header + 8 * (std::size_t{parts} + 2);
}

std::optional<RecordHeader> decode_record_header(std::span<const std::byte> bytes) {
  const auto size = header_size(bytes);
  if (!size || bytes.size() != *size) return std::nullopt;
  if (get<std::uint64_t>(bytes, *size - 8) != hash(bytes.first(*size - 8))) return std::nullopt;
  const auto kind = get<std::uint32_t>(bytes, 40);
  if (kind != static_cast<std::uint32_t>(RecordKind::message) && kind != static_cast<std::uint32_t>(RecordKind::end)) {
    return std::nullopt;
  }
  RecordHeader header{.id = get<std::uint64_t>(bytes, 8),
                      .sequence = get<std::uint64_t>(bytes, 16),
                      .time_ns = get<std::int64_t>(bytes, 24),
                      .monotonic_ns = get<std::int64_t>(bytes, 32),
                      .kind = RecordKind{kind},
                      .checksum = get<std::uint64_t>(bytes, *size - 16)};
  std::uint64_t left = max_payload;
  for (std::size_t at = fixed_header; at < *size - 16; at += 8) {
    const auto length = get<std::uint64_t>(bytes, at);
    if (length > left) return std::nullopt;
    left -= length;
    header.lengths.push_back(length);
  }
  return header;
}

}  // namespace annulus::wire
