// SPDX-License-Identifier: BSD-3-Clause
// Shows what the decoders make of payloads, for comparison with Python: tests/e2e/test_documents.py.
//   document_tool SERIALIZER ("auto", "pickle", "msgpack", "json")
// Input: payloads, each behind its length in 8 little-endian bytes. Output: a line of JSON for each, {"value": ...} or
// {"error": ..., "offset": ...}. Arrays are {"dtype": ..., "shape": [...], "hex": ...}, bytes {"hex": ...}.
#include <cstdio>
#include <exception>
#include <iostream>
#include <iterator>
#include <string>

#include <fmt/format.h>

#include "detectors/bluesky/byte_reader.hpp"
#include "detectors/bluesky/json.hpp"
#include "detectors/bluesky/wire.hpp"

namespace {

using namespace annulus;

std::string hex(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte b : bytes) text += fmt::format("{:02x}", std::to_integer<unsigned>(b));
  return text;
}

Value shown(const Value& value) {
  if (const auto* bytes = value.get_if<Bytes>()) return Dict{{"hex", hex(bluesky::as_bytes(bytes->data))}};
  if (const auto* array = value.get_if<Array>()) {
    List shape;
    for (const std::size_t length : array->shape()) shape.emplace_back(std::uint64_t{length});
    return Dict{{"dtype", name_of(array->dtype())}, {"shape", std::move(shape)}, {"hex", hex(array->bytes())}};
  }
  if (const auto* list = value.get_if<List>()) {
    List out;
    for (const Value& item : *list) out.push_back(shown(item));
    return out;
  }
  if (const auto* dict = value.get_if<Dict>()) {
    Dict out;
    for (const auto& [key, item] : *dict) out.append(key, shown(item));
    return out;
  }
  return value;
}

Value answer(std::span<const std::byte> payload, bluesky::Serializer serializer) {
  // Memory of its own, so that a sanitizer sees a step past its end.
  const auto owner = std::make_shared<const std::string>(bluesky::as_text(payload));
  const auto value = bluesky::decode_payload(bluesky::as_bytes(*owner), owner, serializer);
  if (value) return Dict{{"value", shown(*value)}};
  return Dict{{"error", value.error().problem}, {"offset", std::uint64_t{value.error().offset}}};
}

}  // namespace

int main(int argc, char** argv) try {
  const auto serializer = bluesky::parse_serializer(argc == 2 ? argv[1] : "");
  if (!serializer) {
    std::fputs("usage: document_tool auto|pickle|msgpack|json <PAYLOADS\n", stderr);
    return 2;
  }
  const std::string input{std::istreambuf_iterator<char>(std::cin), {}};
  bluesky::ByteReader reader(bluesky::as_bytes(input));
  while (const auto length = reader.read<std::uint64_t>()) {
    std::string line;
    bluesky::encode_json(answer(reader.take(*length).value(), *serializer), line);
    std::puts(line.c_str());
  }
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
