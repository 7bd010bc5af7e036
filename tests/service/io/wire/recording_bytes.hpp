// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "service/io/wire/wire_reader.hpp"

namespace annulus::testing {

inline WireMessage part_of(std::string text) {
  const auto owner = std::make_shared<const std::string>(std::move(text));
  return {std::as_bytes(std::span(*owner)), owner};
}

inline WireParts parts_of(std::initializer_list<const char*> texts) {
  WireParts parts;
  for (const char* text : texts) parts.push_back(part_of(text));
  return parts;
}

/// The parts of a message, with slashes between them.
inline std::string text_of(const WireParts& parts) {
  std::string text;
  for (const WireMessage& part : parts) {
    if (&part != &parts.front()) text += "/";
    text.append(reinterpret_cast<const char*>(part.bytes.data()), part.bytes.size());
  }
  return text;
}

/// A recording in memory.
struct RecordingBytes {
  wire::RecordingInfo info{.id = 77, .time_ns = 1, .endpoint = "tcp://127.0.0.1:5568", .socket = "sub"};
  std::string bytes = wire::encode_file_header(info);
  std::vector<std::size_t> ends{bytes.size()};  ///< of the header, and of every record
  std::uint64_t next = 0;

  void add(const WireParts& parts, wire::RecordKind kind = wire::RecordKind::message) {
    const auto time = static_cast<std::int64_t>(1000 * next);
    bytes += wire::encode_record_header(
        {.id = info.id, .sequence = next, .time_ns = time, .monotonic_ns = time / 2, .kind = kind}, parts);
    for (const WireMessage& part : parts) bytes += text_of({part});
    ends.push_back(bytes.size());
    ++next;
  }
  void end() { add({}, wire::RecordKind::end); }
};

/// What a reader tells: messages as their text, damage as "<problem>".
inline std::string read_all(std::span<const std::byte> bytes) {
  auto reader = wire::WireReader::open(wire::recorded_in_memory(bytes));
  if (!reader) return to_string(reader.error());
  std::string told;
  while (const auto item = reader->next()) {
    if (!told.empty()) told += " ";
    if (const auto* message = std::get_if<wire::RecordedMessage>(&*item)) {
      told += text_of(message->parts);
    } else {
      told += "<" + std::get<wire::Damage>(*item).problem + ">";
    }
  }
  return told;
}
inline std::string read_all(const std::string& bytes) { return read_all(std::as_bytes(std::span(bytes))); }

}  // namespace annulus::testing
