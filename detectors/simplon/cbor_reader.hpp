// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "operators/data/error.hpp"
#include "operators/data/value.hpp"

#include "detectors/simplon/series.hpp"

namespace annulus::simplon {

/// Reads CBOR (RFC 8949) item by item, never past the end and nested no deeper than 32 levels. The first mistake ends
/// the reading: later calls return nothing, and error() says what it was and where.
class CborReader final {
 public:
  explicit CborReader(const Part& message) : message_(message) {}

  [[nodiscard]] bool ok() const noexcept { return !error_; }
  [[nodiscard]] DecodeError error() const { return error_.value_or(DecodeError{}); }
  [[nodiscard]] std::size_t position() const noexcept { return position_; }
  [[nodiscard]] std::size_t remaining() const noexcept { return message_.bytes.size() - position_; }
  void fail(std::string problem);

  /// Takes the tag when it comes next.
  bool skip_tag(std::uint64_t tag);
  /// Takes a null (or undefined) when it comes next.
  bool skip_null();

  /// Reads a mapping: calls `f(key)` for each key, and `f` must read one value.
  template <class F>
  void each_key(F&& f) {
    Items items = begin(Major::map);
    while (next(items)) {
      const std::string key = read_key();
      if (ok()) f(std::string_view(key));
    }
    --depth_;
  }

  /// Reads an array of RFC 8746 (tag 40 or 64 to 87), packed (tag 56500) or not, without unpacking it.
  [[nodiscard]] EncodedArray read_array();
  /// Reads whatever comes. Arrays are unpacked; those that cannot be are null and are named in problems().
  [[nodiscard]] Value read_value();
  [[nodiscard]] std::vector<std::string>& problems() noexcept { return problems_; }

 private:
  enum class Major : std::uint8_t { natural, negative, bytes, text, list, map, tag, simple };
  struct Head {
    Major major = Major::simple;
    std::uint8_t info = 0;
    std::uint64_t value = 0;
    [[nodiscard]] bool indefinite() const noexcept { return info == 31; }
  };
  /// What is left of a list or mapping.
  struct Items {
    std::uint64_t left = 0;
    bool indefinite = false;
  };

  [[nodiscard]] Head read_head();
  [[nodiscard]] std::span<const std::byte> take(std::uint64_t count);
  [[nodiscard]] std::optional<std::uint8_t> peek() const noexcept;
  [[nodiscard]] Items begin(Major wanted);
  [[nodiscard]] Items begin(const Head& head);
  [[nodiscard]] bool next(Items& items);
  [[nodiscard]] bool expect(const Head& head, Major wanted);
  [[nodiscard]] std::string read_key();
  [[nodiscard]] std::string read_text(const Head& head);
  [[nodiscard]] Part read_bytes(const Head& head);
  [[nodiscard]] Value value_of(const Head& head);
  [[nodiscard]] Value tagged_value(std::uint64_t tag);
  [[nodiscard]] EncodedArray array_of(std::uint64_t tag);
  void read_typed(std::uint64_t tag, EncodedArray& array);
  void read_packed(EncodedArray& array);
  [[nodiscard]] std::uint64_t read_natural();

  Part message_;
  std::size_t position_ = 0;
  std::size_t depth_ = 0;
  std::size_t values_ = 0;
  std::optional<DecodeError> error_;
  std::vector<std::string> problems_;
};

}  // namespace annulus::simplon
