// SPDX-License-Identifier: BSD-3-Clause
#define MSGPACK_NO_BOOST
#include <bit>
#include <limits>
#include <msgpack.hpp>

#include <fmt/format.h>

#include "detectors/bluesky/byte_reader.hpp"
#include "detectors/bluesky/msgpack.hpp"

namespace annulus::bluesky {
namespace {

struct Appender {
  std::string& out;
  void write(const char* data, std::size_t size) { out.append(data, size); }
};

class Writer final {
 public:
  explicit Writer(Appender& out) : out_(out), packer_(out) {}

  void write(const Value& value) {
    std::visit([this](const auto& v) { put(v); }, value.variant());
  }

 private:
  void put(std::nullptr_t) { packer_.pack_nil(); }
  void put(bool v) { v ? packer_.pack_true() : packer_.pack_false(); }
  void put(std::int64_t v) { packer_.pack_int64(v); }
  void put(std::uint64_t v) { packer_.pack_uint64(v); }
  /// Not pack_double: that writes a whole number as an integer, and the reader would see another type.
  void put(double v) {
    const std::uint64_t raw = __builtin_bswap64(std::bit_cast<std::uint64_t>(v));
    out_.write("\xcb", 1);
    out_.write(reinterpret_cast<const char*>(&raw), sizeof raw);
  }
  void put(const std::string& v) { text(v); }
  void put(const Bytes& v) { bin(v.data); }

  void put(const List& list) {
    packer_.pack_array(length_of(list.size()));
    for (const Value& value : list) write(value);
  }

  void put(const Dict& dict) {
    packer_.pack_map(length_of(dict.size()));
    for (const auto& [key, value] : dict) {
      text(key);
      write(value);
    }
  }

  void put(const Array& array) {
    packer_.pack_map(5);
    bin("nd");
    packer_.pack_true();
    bin("type");
    text(typestr_of(array.dtype()));
    bin("kind");
    bin("");
    bin("shape");
    packer_.pack_array(length_of(array.shape().size()));
    for (const std::size_t length : array.shape()) packer_.pack_uint64(length);
    bin("data");
    bin(as_text(array.bytes()));
  }

  void text(std::string_view v) {
    packer_.pack_str(length_of(v.size()));
    packer_.pack_str_body(v.data(), length_of(v.size()));
  }
  void bin(std::string_view v) {
    packer_.pack_bin(length_of(v.size()));
    packer_.pack_bin_body(v.data(), length_of(v.size()));
  }

  static std::uint32_t length_of(std::size_t size) {
    if (size <= std::numeric_limits<std::uint32_t>::max()) return static_cast<std::uint32_t>(size);
    throw DataError(fmt::format("msgpack cannot hold {} bytes or items in one value (at most 4294967295)", size));
  }

  Appender& out_;
  msgpack::packer<Appender> packer_;
};

}  // namespace

void encode_msgpack(const Value& value, std::string& out) {
  Appender appender{out};
  Writer(appender).write(value);
}

}  // namespace annulus::bluesky
