// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/simplon/cbor_reader.hpp"

#include <bit>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "detectors/bluesky/repeated_key.hpp"
#include "detectors/bluesky/utf8.hpp"
#include "detectors/codec/chunk.hpp"
#include "detectors/simplon/cbor_tags.hpp"

namespace annulus::simplon {
namespace {

constexpr std::size_t max_depth = 32;
constexpr std::size_t max_dimensions = 8;
constexpr std::size_t max_values = 1'000'000;  // beside the elements of arrays
constexpr std::size_t max_problems = 64;
constexpr std::uint8_t break_code = 0xff;

double half(std::uint64_t bits) {
  const auto mantissa = static_cast<double>(bits & 0x3ffU);
  const int exponent = static_cast<int>(bits >> 10U & 0x1fU);
  double value = 0;
  if (exponent == 31) {
    value = mantissa > 0 ? std::numeric_limits<double>::quiet_NaN() : std::numeric_limits<double>::infinity();
  } else {
    value = exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(mantissa + 1024, exponent - 25);
  }
  return (bits & 0x8000U) != 0 ? -value : value;
}

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

void CborReader::fail(std::string problem) {
  if (!error_) error_ = DecodeError{"simplon: " + std::move(problem), position_};
}

std::span<const std::byte> CborReader::take(std::uint64_t count) {
  if (ok() && count > remaining()) {
    fail(fmt::format("{} bytes should follow, the message ends after {}", count, remaining()));
  }
  if (!ok()) return {};
  const auto taken = message_.bytes.subspan(position_, count);
  position_ += count;
  return taken;
}

std::optional<std::uint8_t> CborReader::peek() const noexcept {
  if (!ok() || remaining() == 0) return std::nullopt;
  return static_cast<std::uint8_t>(message_.bytes[position_]);
}

CborReader::Head CborReader::read_head() {
  const auto first = take(1);
  if (first.empty()) return {};
  const auto code = static_cast<std::uint8_t>(first[0]);
  Head head{static_cast<Major>(code >> 5U), static_cast<std::uint8_t>(code & 0x1fU), code & 0x1fU};
  if (head.info >= 24 && head.info <= 27) {
    head.value = 0;
    for (const std::byte b : take(std::uint64_t{1} << (head.info - 24U))) {
      head.value = head.value << 8U | static_cast<std::uint8_t>(b);
    }
  } else if (head.info >= 28) {
    const bool may_be_indefinite = head.major >= Major::bytes && head.major <= Major::map;
    if (!head.indefinite() || !may_be_indefinite) fail(fmt::format("byte 0x{:02x} begins nothing in CBOR", code));
  }
  return head;
}

bool CborReader::skip_tag(std::uint64_t tag) {
  const std::size_t before = position_;
  if (const auto code = peek(); code && static_cast<Major>(*code >> 5U) == Major::tag && read_head().value == tag) {
    return ok();
  }
  if (ok()) position_ = before;
  return false;
}

bool CborReader::skip_null() {
  const auto code = peek();
  if (code != 0xf6 && code != 0xf7) return false;
  ++position_;
  return true;
}

bool CborReader::expect(const Head& head, Major wanted) {
  constexpr std::string_view names[] = {"whole number", "negative number", "byte string", "text",
                                        "list",         "mapping",         "tag",         "simple value"};
  if (ok() && head.major != wanted) {
    fail(fmt::format("a {} stands where a {} should be", names[static_cast<std::size_t>(head.major)],
                     names[static_cast<std::size_t>(wanted)]));
  }
  return ok();
}

CborReader::Items CborReader::begin(Major wanted) {
  const Head head = read_head();
  if (!expect(head, wanted)) {
    ++depth_;
    return {};
  }
  return begin(head);
}

CborReader::Items CborReader::begin(const Head& head) {
  if (++depth_ > max_depth) fail(fmt::format("data is nested deeper than {} levels", max_depth));
  return {head.value, head.indefinite()};
}

/// Whether another item (or pair) follows; takes the break after the last one.
bool CborReader::next(Items& items) {
  if (!ok()) return false;
  if (!items.indefinite) return items.left > 0 && items.left-- > 0;
  if (peek() != break_code) return true;
  ++position_;
  return false;
}

std::uint64_t CborReader::read_natural() {
  const Head head = read_head();
  return expect(head, Major::natural) ? head.value : 0;
}

Part CborReader::read_bytes(const Head& head) {
  if (!head.indefinite()) return {take(head.value), message_.owner};
  const auto joined = std::make_shared<std::vector<std::byte>>();
  Items chunks{0, true};
  while (next(chunks)) {
    const Head chunk = read_head();
    if (!expect(chunk, head.major)) break;
    if (chunk.indefinite()) fail("a chunk of a string has no length");
    const auto bytes = take(chunk.value);
    joined->insert(joined->end(), bytes.begin(), bytes.end());
  }
  return {*joined, joined};
}

std::string CborReader::read_text(const Head& head) {
  const Part part = read_bytes(head);
  std::string text(as_text(part.bytes));
  if (!bluesky::is_utf8(text)) fail("text is not UTF-8");
  return text;
}

std::string CborReader::read_key() {
  const Head head = read_head();
  if (ok() && head.major == Major::text) return read_text(head);
  return value_of(head).to_text();
}

EncodedArray CborReader::read_array() {
  const Head head = read_head();
  return expect(head, Major::tag) ? array_of(head.value) : EncodedArray{};
}

EncodedArray CborReader::array_of(std::uint64_t tag) {
  EncodedArray array;
  if (tag == cbor::column_major) fail("arrays in column-major order are not read");
  if (tag != cbor::row_major) {
    read_typed(tag, array);
    return array;
  }
  Items both = begin(Major::list);
  if (next(both)) {
    Items lengths = begin(Major::list);
    while (next(lengths)) {
      if (array.shape.size() == max_dimensions) fail(fmt::format("array has more than {} dimensions", max_dimensions));
      array.shape.push_back(read_natural());
    }
    --depth_;
  }
  if (next(both)) {
    const Head head = read_head();
    const Shape shape = array.shape;
    if (expect(head, Major::tag)) read_typed(head.value, array);
    array.shape = shape;
  } else {
    fail("array has a shape but no elements");
  }
  if (next(both)) fail("array has more than a shape and elements");
  --depth_;
  return array;
}

/// Reads the elements behind a tag of RFC 8746, section 2.1: its bits are 010 f s e ll.
void CborReader::read_typed(std::uint64_t tag, EncodedArray& array) {
  const auto type = cbor::type_of(tag);
  if (!type) return fail(fmt::format("tag {} is no type of array that is read", tag));
  array.dtype = type->dtype;
  array.swapped = type->swapped;
  if (skip_tag(cbor::dectris_compression)) return read_packed(array);
  const Head head = read_head();
  if (!expect(head, Major::bytes)) return;
  const Part part = read_bytes(head);
  array.bytes = part.bytes;
  array.owner = part.owner;
  array.shape = {part.bytes.size() / size_of(array.dtype)};
}

void CborReader::read_packed(EncodedArray& array) {
  const std::size_t start = position_;
  const Head list = read_head();
  if (!expect(list, Major::list)) return;
  if (list.indefinite() || list.value != 3) return fail("packed bytes are not [algorithm, number, bytes]");
  const Head name = read_head();
  if (!expect(name, Major::text)) return;
  const std::string algorithm = read_text(name);
  array.shuffle_size = read_natural();
  const Head head = read_head();
  if (!expect(head, Major::bytes)) return;
  const Part part = read_bytes(head);
  array.bytes = part.bytes;
  array.owner = part.owner;
  if (algorithm == "bslz4") {
    array.packing = Packing::bslz4_chunk;
  } else if (algorithm == "lz4") {
    array.packing = Packing::lz4_chunk;
  } else if (ok()) {
    position_ = start;
    return fail(fmt::format("packing '{}' is not known (bslz4 and lz4 are)", bluesky::printable(algorithm)));
  }
  const auto header = codec::read_chunk_header(array.bytes);
  array.shape = {header ? header->bytes / size_of(array.dtype) : 0};
}

Value CborReader::read_value() {
  const Head head = read_head();
  return value_of(head);
}

Value CborReader::value_of(const Head& head) {
  if (++values_ > max_values) fail(fmt::format("message has more than {} values", max_values));
  if (!ok()) return {};
  switch (head.major) {
    case Major::natural: return head.value;
    case Major::negative:
      if (head.value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        return -1 - static_cast<double>(head.value);
      }
      return -1 - static_cast<std::int64_t>(head.value);
    case Major::bytes: {
      const Part part = read_bytes(head);
      return Bytes{std::string(as_text(part.bytes))};
    }
    case Major::text: return read_text(head);
    case Major::list: {
      List list;
      Items items = begin(head);
      while (next(items)) list.push_back(read_value());
      --depth_;
      return list;
    }
    case Major::map: {
      Dict dict;
      Items items = begin(head);
      while (next(items)) {
        std::string key = read_key();
        dict.append(std::move(key), read_value());
      }
      --depth_;
      if (const std::string* twice = bluesky::repeated_key(dict.keys())) {
        fail(fmt::format("key '{}' occurs twice in a mapping", bluesky::printable(*twice)));
      }
      return dict;
    }
    case Major::tag: return tagged_value(head.value);
    case Major::simple: break;
  }
  switch (head.info) {
    case 20: return false;
    case 21: return true;
    case 25: return half(head.value);
    case 26: return double{std::bit_cast<float>(static_cast<std::uint32_t>(head.value))};
    case 27: return std::bit_cast<double>(head.value);
    default: return {};
  }
}

Value CborReader::tagged_value(std::uint64_t tag) {
  if (tag == cbor::row_major || tag == cbor::column_major || cbor::type_of(tag)) {
    const EncodedArray array = array_of(tag);
    if (!ok()) return {};
    auto decoded = decode_array(array);
    if (decoded) return std::move(*decoded);
    if (problems_.size() < max_problems) problems_.push_back(std::move(decoded.error().problem));
    return {};
  }
  // What other tags mean does not matter here (0 is a time): their content stands for itself.
  if (++depth_ > max_depth) fail(fmt::format("data is nested deeper than {} levels", max_depth));
  Value value = read_value();
  --depth_;
  return value;
}

}  // namespace annulus::simplon
