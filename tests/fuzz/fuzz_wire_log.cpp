// SPDX-License-Identifier: BSD-3-Clause
// Input: after a byte 0, a recording; after any other, changes to a good one: place (2 bytes, little-endian) and byte.
#include <cstdint>
#include <string>
#include <variant>

#include "service/io/wire/wire_reader.hpp"
#include "tests/fuzz/codec_check.hpp"
#include "tests/service/io/wire/recording_bytes.hpp"

namespace {

using annulus::fuzz::require;
using namespace annulus::wire;

/// Every byte behind the header is told once, as a message or as damage, but for the last record.
void read(const std::string& bytes) {
  auto reader = WireReader::open(recorded_in_memory(std::as_bytes(std::span(bytes))));
  if (!reader) return require(reader.error().offset <= bytes.size());
  std::uint64_t told = 0;
  std::uint64_t next = 0;
  while (const auto item = reader->next()) {
    if (const auto* damage = std::get_if<Damage>(&*item)) {
      require(!damage->problem.empty() && damage->offset + damage->bytes <= bytes.size());
      told += damage->bytes;
      continue;
    }
    const auto& message = std::get<RecordedMessage>(*item);
    require(message.sequence >= next);
    next = message.sequence + 1;
    told += encode_record_header({}, message.parts).size();
    for (const annulus::WireMessage& part : message.parts) told += part.bytes.size();
  }
  require(told <= bytes.size());
}

std::string changed(const std::uint8_t* data, std::size_t size) {
  using namespace annulus::testing;
  RecordingBytes recording;
  recording.add(parts_of({"one"}));
  recording.add(parts_of({"two", "", "parts"}));
  recording.add({part_of(recording.bytes)});
  recording.end();
  for (; size >= 3; data += 3, size -= 3) {
    recording.bytes[(data[0] | data[1] << 8) % recording.bytes.size()] = static_cast<char>(data[2]);
  }
  return recording.bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  read(data[0] == 0 ? std::string(data + 1, data + size) : changed(data + 1, size - 1));
  return 0;
}
