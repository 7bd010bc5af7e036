// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/simplon/cbor_writer.hpp"

#include <bit>
#include <type_traits>

#include "operators/data/error.hpp"

#include "detectors/simplon/cbor_tags.hpp"

namespace annulus::simplon {
namespace {

void append_big_endian(std::uint64_t number, int bytes, std::string& out) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 0xffU);
}

}  // namespace

void CborWriter::head(unsigned major, std::uint64_t number) {
  const auto first = [&](unsigned info) { out_ += static_cast<char>(major << 5U | info); };
  if (number < 24) return first(static_cast<unsigned>(number));
  const int width = number <= 0xff ? 0 : number <= 0xffff ? 1 : number <= 0xffffffff ? 2 : 3;
  first(24U + static_cast<unsigned>(width));
  append_big_endian(number, 1 << width, out_);
}

void CborWriter::text(std::string_view text) {
  head(3, text.size());
  out_ += text;
}

void CborWriter::real(double number) {
  out_ += '\xfb';
  append_big_endian(std::bit_cast<std::uint64_t>(number), 8, out_);
}

void CborWriter::bytes(std::span<const std::byte> bytes) {
  head(2, bytes.size());
  out_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void CborWriter::value(const Value& value) {
  std::visit(
      [this](const auto& v) {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, std::nullptr_t>) {
          out_ += '\xf6';
        } else if constexpr (std::is_same_v<T, bool>) {
          out_ += v ? '\xf5' : '\xf4';
        } else if constexpr (std::is_same_v<T, std::int64_t>) {
          v < 0 ? head(1, static_cast<std::uint64_t>(-1 - v)) : head(0, static_cast<std::uint64_t>(v));
        } else if constexpr (std::is_same_v<T, std::uint64_t>) {
          natural(v);
        } else if constexpr (std::is_same_v<T, double>) {
          real(v);
        } else if constexpr (std::is_same_v<T, std::string>) {
          text(v);
        } else if constexpr (std::is_same_v<T, Bytes>) {
          bytes(std::as_bytes(std::span(v.data)));
        } else if constexpr (std::is_same_v<T, Array>) {
          array(encode_array(v, Packing::none));
        } else if constexpr (std::is_same_v<T, List>) {
          list(v.size());
          for (const Value& item : v) this->value(item);
        } else {
          map(v.size());
          for (const auto& [key, item] : v) {
            text(key);
            this->value(item);
          }
        }
      },
      value.variant());
}

void CborWriter::array(const EncodedArray& array) {
  if (array.packing == Packing::lz4_block || array.packing == Packing::bslz4_headerless || array.swapped) {
    throw DataError("simplon: stream V2 has no name for this packing of an image");
  }
  if (array.shape.size() != 1) {
    tag(cbor::row_major);
    list(2);
    list(array.shape.size());
    for (const std::size_t length : array.shape) natural(length);
  }
  tag(cbor::tag_of(array.dtype));
  if (array.packing == Packing::none) return bytes(array.bytes);
  tag(cbor::dectris_compression);
  list(3);
  text(array.packing == Packing::lz4_chunk ? "lz4" : "bslz4");
  natural(array.packing == Packing::lz4_chunk ? 0 : array.shuffle_size);
  bytes(array.bytes);
}

}  // namespace annulus::simplon
