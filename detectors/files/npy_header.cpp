// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "detectors/files/npy.hpp"

namespace annulus {

namespace {

/// More dimensions than numpy allows.
constexpr std::size_t max_rank = 64;

/// Walks over the few Python literals that a header may hold. Every function returns false, or nothing, where the
/// text is something else.
class Reader final {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool take(std::string_view token) {
    skip_space();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }

  std::optional<std::string_view> string() {
    for (char quote : {'\'', '"'}) {
      if (!take({&quote, 1})) continue;
      const auto end = text_.find(quote, at_);
      if (end == std::string_view::npos) return {};
      const auto content = text_.substr(at_, end - at_);
      at_ = end + 1;
      return content;
    }
    return {};
  }

  std::optional<bool> boolean() {
    if (take("True")) return true;
    if (take("False")) return false;
    return {};
  }

  /// "()", "(3,)", "(3, 4)".
  std::optional<Shape> shape() {
    Shape lengths;
    if (!take("(")) return {};
    while (!take(")")) {
      const auto length = integer();
      if (!length || lengths.size() == max_rank) return {};
      lengths.push_back(*length);
      if (!take(",")) return take(")") && lengths.size() > 1 ? std::optional(lengths) : std::nullopt;
    }
    return lengths;
  }

  bool at_end() {
    skip_space();
    return at_ == text_.size();
  }
  [[nodiscard]] std::size_t offset() const { return at_; }

 private:
  std::optional<std::size_t> integer() {
    skip_space();
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error != std::errc()) return {};
    at_ = static_cast<std::size_t>(end - text_.data());
    static_cast<void>(take("L"));  // Python 2 wrote long integers so
    return value;
  }
  void skip_space() { at_ = std::min(text_.find_first_not_of(" \n\t", at_), text_.size()); }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::optional<WireType> parse_descr(std::string_view descr) {
  if (descr == "|b1" || descr == "?") return WireType{DType::u8, false};
  return parse_typestr(descr);
}

}  // namespace

Expected<NpyHeader, DecodeError> parse_npy_header(std::string_view text) {
  Reader reader(text);
  const auto fail = [&](const std::string& problem) {
    return Unexpected<DecodeError>({"npy header: " + problem, reader.offset()});
  };
  std::optional<WireType> type;
  std::optional<bool> fortran;
  std::optional<Shape> shape;
  if (!reader.take("{")) return fail("no dictionary");
  while (!reader.take("}")) {
    const auto key = reader.string();
    if (!key || !reader.take(":")) return fail("a key in quotes and a colon are needed");
    if (*key == "descr" && !type) {
      const auto descr = reader.string();
      if (!descr) return fail("the type is no text (structured types are not supported)");
      type = parse_descr(*descr);
      if (!type) return fail(fmt::format("type '{}' is not supported (numbers of 1 to 8 bytes are)", *descr));
    } else if (*key == "fortran_order" && !fortran) {
      fortran = reader.boolean();
      if (!fortran) return fail("fortran_order is neither True nor False");
    } else if (*key == "shape" && !shape) {
      shape = reader.shape();
      if (!shape) return fail("the shape is no tuple of lengths");
    } else {
      return fail(fmt::format("unexpected or repeated key '{}'", *key));
    }
    if (!reader.take(",")) {
      if (!reader.take("}")) return fail("a comma or a closing brace is needed");
      break;
    }
  }
  if (!reader.at_end()) return fail("text after the dictionary");
  if (!type || !fortran || !shape) return fail("descr, fortran_order and shape are needed");
  return NpyHeader{*type, *fortran, *std::move(shape)};
}

}  // namespace annulus
