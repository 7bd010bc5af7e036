// SPDX-License-Identifier: BSD-3-Clause
#define MSGPACK_NO_BOOST
#include <msgpack.hpp>

#include <fmt/format.h>

#include "detectors/bluesky/byte_reader.hpp"
#include "detectors/bluesky/msgpack.hpp"
#include "detectors/bluesky/msgpack_numpy.hpp"
#include "detectors/bluesky/utf8.hpp"
#include "detectors/bluesky/value_builder.hpp"

namespace annulus::bluesky {
namespace {

/// Receives the events of msgpack-c's parser. What stands under a key "data" is left in the message until its mapping
/// ends, which may turn out to be an array.
class Visitor final : public msgpack::null_visitor {
 public:
  Visitor(std::size_t message_bytes, const std::shared_ptr<const void>& owner)
      : builder(message_bytes), owner_(owner) {}

  bool visit_nil() { return add({}); }
  bool visit_boolean(bool v) { return add(v); }
  bool visit_positive_integer(std::uint64_t v) { return add(v); }
  bool visit_negative_integer(std::int64_t v) { return add(v); }
  bool visit_float32(float v) { return add(double{v}); }
  bool visit_float64(double v) { return add(v); }
  bool visit_str(const char* v, std::uint32_t size) { return add_chars({{v, size}, Kind::text}); }
  bool visit_bin(const char* v, std::uint32_t size) { return add_chars({{v, size}, Kind::bytes}); }
  bool visit_ext(const char*, std::uint32_t) { return builder.fail("extension types are not read"); }

  bool start_array(std::uint32_t) { return !key_expected_ ? builder.begin_list() : bad_key(); }
  bool end_array() { return builder.end(); }

  bool start_map(std::uint32_t) {
    if (key_expected_) return bad_key();
    data_.emplace_back();
    return builder.begin_dict();
  }
  bool start_map_key() {
    key_expected_ = true;
    return true;
  }
  bool end_map() {
    const std::optional<Chars> data = data_.back();
    data_.pop_back();
    Dict& dict = *builder.open_dict();
    if (is_numpy_mapping(dict)) {
      const auto bytes = data ? as_bytes(data->view) : std::span<const std::byte>();
      auto value = read_numpy_mapping(dict, bytes, owner_, builder.budget());
      return value ? builder.end_as(std::move(*value)) : builder.fail(value.error());
    }
    if (data) dict.set("data", value_of(*data));
    return builder.end();
  }

  void parse_error(std::size_t, std::size_t) { builder.fail("bytes are not msgpack"); }
  void insufficient_bytes(std::size_t, std::size_t) { builder.fail("message is cut short"); }

  ValueBuilder builder;

 private:
  enum class Kind { text, bytes };
  struct Chars {
    std::string_view view;
    Kind kind;
  };

  static Value value_of(const Chars& chars) {
    const bool is_text = chars.kind == Kind::text && is_utf8(chars.view);
    return is_text ? Value(chars.view) : Value(Bytes{std::string(chars.view)});
  }
  bool bad_key() { return builder.fail("key of a mapping is not text"); }
  bool add(Value value) { return !key_expected_ ? builder.add(std::move(value)) : bad_key(); }

  bool add_chars(Chars chars) {
    if (key_expected_) {
      key_expected_ = false;
      is_data_ = chars.view == "data";
      return is_utf8(chars.view) ? builder.key(std::string(chars.view)) : bad_key();
    }
    if (!is_data_ || builder.open_dict() == nullptr) return builder.add(value_of(chars));
    data_.back() = chars;
    return builder.add({});
  }

  const std::shared_ptr<const void>& owner_;
  std::vector<std::optional<Chars>> data_;  ///< per open mapping: what stands under the key "data"
  bool key_expected_ = false;
  bool is_data_ = false;
};

Unexpected<DecodeError> error(std::string_view problem, std::size_t offset) {
  return Unexpected<DecodeError>({fmt::format("msgpack: {}", problem), offset});
}

}  // namespace

Expected<Value, DecodeError> decode_msgpack(std::span<const std::byte> payload, std::shared_ptr<const void> owner) {
  Visitor visitor(payload.size(), owner);
  std::size_t offset = 0;
  const std::string_view chars = as_text(payload);
  const bool parsed = msgpack::parse(chars.data(), chars.size(), offset, visitor);
  if (!parsed || !visitor.builder.problem().empty()) return error(visitor.builder.problem(), offset);
  if (offset != payload.size()) return error("bytes follow after the object", offset);
  return visitor.builder.take();
}

Expected<std::optional<std::size_t>, DecodeError> msgpack_length(std::span<const std::byte> bytes) {
  struct Skipper : msgpack::null_visitor {
    bool start_array(std::uint32_t) { return ++depth <= max_depth; }
    bool start_map(std::uint32_t) { return ++depth <= max_depth; }
    bool end_array() { return --depth, true; }
    bool end_map() { return --depth, true; }
    void insufficient_bytes(std::size_t, std::size_t) { incomplete = true; }
    std::size_t depth = 0;
    bool incomplete = false;
  } skipper;
  std::size_t offset = 0;
  const std::string_view chars = as_text(bytes);
  if (msgpack::parse(chars.data(), chars.size(), offset, skipper)) return offset;
  if (skipper.incomplete) return std::nullopt;
  return error("bytes are not msgpack", offset);
}

}  // namespace annulus::bluesky
