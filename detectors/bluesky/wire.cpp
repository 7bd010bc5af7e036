// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/bluesky/wire.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "detectors/bluesky/byte_reader.hpp"
#include "detectors/bluesky/json.hpp"
#include "detectors/bluesky/msgpack.hpp"
#include "detectors/bluesky/pickle.hpp"
#include "detectors/bluesky/utf8.hpp"

namespace annulus::bluesky {
namespace {

constexpr std::array<std::string_view, 4> serializer_names{"auto", "pickle", "msgpack", "json"};

// event_model.DocumentNames
constexpr std::array<std::string_view, 12> document_names{
    "start", "descriptor", "event",           "event_page",   "stop",        "resource",
    "datum", "datum_page", "stream_resource", "stream_datum", "bulk_events", "bulk_datum"};

Unexpected<DecodeError> error(const std::string& problem, std::size_t offset) {
  return Unexpected<DecodeError>({"bluesky: " + problem, offset});
}

/// Pickle begins with 0x80 and its protocol, of protocols 0 and 1 with a mark or an empty mapping; 0x80 alone is also
/// msgpack's empty mapping.
std::optional<Serializer> sniff(std::span<const std::byte> payload) noexcept {
  if (payload.empty()) return std::nullopt;
  const auto first = std::to_integer<unsigned>(payload[0]);
  if ((first == 0x80 && payload.size() > 1) || first == '(' || first == '}') return Serializer::pickle;
  const bool is_map = (first >= 0x80 && first <= 0x8F) || first == 0xDE || first == 0xDF;
  if (is_map) return Serializer::msgpack;
  if (first == '{') return Serializer::json;
  return std::nullopt;
}

}  // namespace

std::string_view name_of(Serializer serializer) noexcept {
  return serializer_names[static_cast<std::size_t>(serializer)];
}

std::optional<Serializer> parse_serializer(std::string_view name) noexcept {
  const auto* found = std::ranges::find(serializer_names, name);
  if (found == serializer_names.end()) return std::nullopt;
  return static_cast<Serializer>(found - serializer_names.begin());
}

bool is_document_name(std::string_view name) noexcept {
  return std::ranges::find(document_names, name) != document_names.end();
}

Expected<Value, DecodeError> decode_payload(std::span<const std::byte> payload, std::shared_ptr<const void> owner,
                                            Serializer serializer) {
  if (serializer == Serializer::sniff) {
    const auto sniffed = sniff(payload);
    if (!sniffed) return error("payload is neither pickle nor msgpack nor JSON", 0);
    serializer = *sniffed;
  }
  switch (serializer) {
    case Serializer::msgpack: return decode_msgpack(payload, std::move(owner));
    case Serializer::json: return decode_json(payload);
    case Serializer::sniff:
    case Serializer::pickle: break;
  }
  return decode_pickle(payload, std::move(owner));
}

Expected<Received, DecodeError> decode_message(std::span<const std::byte> message, std::shared_ptr<const void> owner,
                                               std::string_view prefix, Serializer serializer) {
  const std::string_view text = as_text(message);
  const std::size_t first = text.find(' ');
  const std::size_t second = first == std::string_view::npos ? first : text.find(' ', first + 1);
  if (second == std::string_view::npos) {
    return error("message has no 'prefix name payload' with two spaces (not from a bluesky Publisher)", 0);
  }
  const std::string_view sender = text.substr(0, first);
  if (!prefix.empty() && sender != prefix) return NotForUs{printable(sender)};
  const std::string_view name = text.substr(first + 1, second - first - 1);
  if (!is_document_name(name)) return error(fmt::format("'{}' is no document name", printable(name)), first + 1);

  const std::size_t begin = second + 1;
  auto value = decode_payload(message.subspan(begin), std::move(owner), serializer);
  if (!value) {
    return Unexpected<DecodeError>(
        {fmt::format("{} ({} document)", value.error().problem, name), begin + value.error().offset});
  }
  Dict* content = value->get_if<Dict>();
  if (content == nullptr) return error(fmt::format("{} document is not a mapping", name), begin);
  return Document{std::string(name), std::move(*content)};
}

std::string encode_message(const Document& document, std::string_view prefix, Serializer serializer) {
  if (prefix.find(' ') != std::string_view::npos) {
    throw DataError(fmt::format("prefix '{}' holds a space (it ends at the first space on the wire)", prefix));
  }
  if (!is_document_name(document.name)) {
    throw DataError(fmt::format("'{}' is no document name (Python subscribers would fail on it)", document.name));
  }
  std::string out = fmt::format("{} {} ", prefix, document.name);
  switch (serializer) {
    case Serializer::msgpack: encode_msgpack(document.content, out); break;
    case Serializer::json: encode_json(document.content, out); break;
    case Serializer::sniff:
    case Serializer::pickle: encode_pickle(document.content, out); break;
  }
  return out;
}

}  // namespace annulus::bluesky
