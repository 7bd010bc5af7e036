// SPDX-License-Identifier: BSD-3-Clause
#include <cmath>
#include <iterator>
#include <span>
#include <type_traits>

#include <fmt/format.h>

#include "detectors/bluesky/json.hpp"

namespace annulus::bluesky {
namespace {

class Writer final {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void write(const Value& value) {
    std::visit([this](const auto& v) { put(v); }, value.variant());
  }

 private:
  void put(std::nullptr_t) { out_ += "null"; }
  void put(bool v) { out_ += v ? "true" : "false"; }
  template <class T>
    requires std::is_integral_v<T>
  void put(T v) {
    fmt::format_to(std::back_inserter(out_), "{}", v);
  }

  template <class T>
    requires std::is_floating_point_v<T>
  void put(T v) {
    if (std::isnan(v)) {
      out_ += "NaN";
    } else if (std::isinf(v)) {
      out_ += v < 0 ? "-Infinity" : "Infinity";
    } else {
      const std::size_t begin = out_.size();
      fmt::format_to(std::back_inserter(out_), "{}", v);
      // A double that is whole must not come back as an integer.
      if (out_.find_first_of(".e", begin) == std::string::npos) out_ += ".0";
    }
  }

  void put(const std::string& text) {
    out_ += '"';
    for (const char c : text) put_char(c);
    out_ += '"';
  }

  void put_char(char c) {
    if (c == '"' || c == '\\') {
      out_ += '\\';
      out_ += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out_), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out_ += c;
    }
  }

  void put(const Bytes& bytes) {
    out_ += '"';
    for (const char c : bytes.data) {
      const auto code = static_cast<unsigned char>(c);
      if (code < 0x80) {
        put_char(c);
      } else {
        fmt::format_to(std::back_inserter(out_), "\\u{:04x}", unsigned{code});
      }
    }
    out_ += '"';
  }

  void put(const List& list) {
    const char* separator = "";
    out_ += '[';
    for (const Value& value : list) {
      out_ += separator;
      separator = ", ";
      write(value);
    }
    out_ += ']';
  }

  void put(const Dict& dict) {
    const char* separator = "";
    out_ += '{';
    for (const auto& [key, value] : dict) {
      out_ += separator;
      separator = ", ";
      put(key);
      out_ += ": ";
      write(value);
    }
    out_ += '}';
  }

  void put(const Array& array) {
    array.visit([&](auto elements) {
      std::size_t next = 0;
      put_dimension(array.shape(), elements, next);
    });
  }

  /// Writes the elements from `next` on that fill `shape`.
  template <class Sequence>
  void put_dimension(std::span<const std::size_t> shape, const Sequence& elements, std::size_t& next) {
    if (shape.empty()) return put(elements[next++]);
    out_ += '[';
    for (std::size_t i = 0; i < shape.front(); ++i) {
      if (i > 0) out_ += ", ";
      put_dimension(shape.subspan(1), elements, next);
    }
    out_ += ']';
  }

  std::string& out_;
};

}  // namespace

void encode_json(const Value& value, std::string& out) { Writer(out).write(value); }

}  // namespace annulus::bluesky
