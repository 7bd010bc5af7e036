// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/wire/wire_reader.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <string.h>

namespace annulus::wire {
namespace {

constexpr std::size_t chunk = 64 * 1024;

std::string in_words(const Damage& damage) {
  const std::string gone = damage.missing == 0   ? ""
                           : damage.missing == 1 ? "1 message is missing"
                                                 : fmt::format("{} messages are missing", damage.missing);
  if (damage.bytes == 0) return fmt::format("{} before byte {} (they were never written)", gone, damage.offset);
  return fmt::format("{} bytes from byte {} on are damaged{}{}", damage.bytes, damage.offset, gone.empty() ? "" : "; ",
                     gone);
}

Damage damage(std::uint64_t offset, std::uint64_t bytes, std::uint64_t missing) {
  Damage result{.offset = offset, .bytes = bytes, .missing = missing};
  result.problem = in_words(result);
  return result;
}

}  // namespace

Expected<WireReader, DecodeError> WireReader::open(std::unique_ptr<RecordedBytes> bytes) {
  std::vector<std::byte> head(std::min<std::uint64_t>(bytes->size(), max_file_header));
  bytes->read(0, head);
  const auto header = decode_file_header(head);
  if (!header) return Unexpected<DecodeError>(header.error());
  return WireReader(std::move(bytes), *header);
}

WireReader::WireReader(std::unique_ptr<RecordedBytes> bytes, const FileHeader& header)
    : bytes_(std::move(bytes)), info_(header.info), knows_id_(header.size > 0), position_(header.size) {}

std::optional<WireReader::Item> WireReader::next() {
  if (waiting_) return std::exchange(waiting_, std::nullopt);
  if (ended_) return std::nullopt;
  std::uint64_t from = position_;
  std::uint64_t doubtful_until = position_;
  while (const auto found = find(from)) {
    if (auto parts = parts_of(*found)) return deliver(*found, std::move(*parts));
    const std::uint64_t end = found->offset + found->header.size() + found->header.payload();
    if (end < bytes_->size() && header_at(end)) {
      from = end;  // the lengths hold, only the parts are damaged
    } else if (found->offset < doubtful_until) {
      from = std::max(doubtful_until, end);  // found within the last one, and as bad: looking closer would not end
    } else {
      from = found->offset + 1;  // bytes may have gone, and then another record begins within this one
      doubtful_until = end;
    }
  }
  return finish();
}

std::optional<WireReader::Item> WireReader::deliver(const Found& found, WireParts parts) {
  const RecordHeader& header = found.header;
  if (!knows_id_) info_.id = header.id;
  knows_id_ = true;
  if (header.kind == RecordKind::end) return end_at(found);
  const std::uint64_t begin = std::exchange(position_, found.offset + header.size() + header.payload());
  const std::uint64_t missing = header.sequence - std::exchange(expected_, header.sequence + 1);
  RecordedMessage message{header.sequence, header.time_ns, header.monotonic_ns, std::move(parts)};
  if (missing == 0 && begin == found.offset) return message;
  waiting_ = std::move(message);
  return damage(begin, found.offset - begin, missing);
}

std::optional<WireReader::Item> WireReader::end_at(const Found& found) {
  ended_ = true;
  const std::uint64_t end = found.offset + found.header.size() + found.header.payload();
  if (end < bytes_->size()) waiting_ = damage(end, bytes_->size() - end, 0);
  const std::uint64_t missing = found.header.sequence - expected_;
  if (missing > 0 || position_ < found.offset) return damage(position_, found.offset - position_, missing);
  return std::exchange(waiting_, std::nullopt);
}

/// There is no whole record any more: the recording was not closed.
std::optional<WireReader::Item> WireReader::finish() {
  ended_ = true;
  Damage result = damage(position_, bytes_->size() - position_, 0);
  result.problem = "the recording was not closed (its writer was killed, or is still writing)";
  if (result.bytes > 0) result.problem += fmt::format("; the last {} bytes are no whole message", result.bytes);
  return result;
}

/// The next good header at `from` or behind.
std::optional<WireReader::Found> WireReader::find(std::uint64_t from) {
  if (auto header = header_at(from)) return Found{from, std::move(*header)};
  std::vector<std::byte> piece;
  for (++from; from + marker_size <= bytes_->size(); from += piece.size() - marker_size + 1) {
    piece.resize(std::min<std::uint64_t>(chunk, bytes_->size() - from));
    bytes_->read(from, piece);
    std::span<const std::byte> rest(piece);
    while (const void* at = ::memmem(rest.data(), rest.size(), marker().data(), marker_size)) {
      rest = rest.subspan(static_cast<std::size_t>(static_cast<const std::byte*>(at) - rest.data()));
      const std::uint64_t offset = from + (piece.size() - rest.size());
      if (auto header = header_at(offset)) return Found{offset, std::move(*header)};
      rest = rest.subspan(1);
    }
  }
  return std::nullopt;
}

std::optional<RecordHeader> WireReader::header_at(std::uint64_t offset) {
  if (offset + fixed_header > bytes_->size()) return std::nullopt;
  std::array<std::byte, max_record_header> head;
  bytes_->read(offset, std::span(head).first(fixed_header));
  const auto size = header_size(std::span(head).first(fixed_header));
  if (!size || offset + *size > bytes_->size()) return std::nullopt;
  bytes_->read(offset, std::span(head).first(*size));
  auto header = decode_record_header(std::span(head).first(*size));
  if (!header || header->sequence < expected_ || (knows_id_ && header->id != info_.id)) return std::nullopt;
  return header;
}

/// The parts, when they are all there and good.
std::optional<WireParts> WireReader::parts_of(const Found& found) {
  const std::uint64_t begin = found.offset + found.header.size();
  const std::uint64_t size = found.header.payload();
  if (size > bytes_->size() - begin) return std::nullopt;
  const std::shared_ptr<std::byte[]> payload = std::make_shared_for_overwrite<std::byte[]>(size);
  const std::span<std::byte> all(payload.get(), size);
  bytes_->read(begin, all);
  WireParts parts;
  std::size_t at = 0;
  for (const std::uint64_t length : found.header.lengths) {
    parts.push_back({all.subspan(at, length), payload});
    at += length;
  }
  if (checksum_of(parts) != found.header.checksum) return std::nullopt;
  return parts;
}

}  // namespace annulus::wire
