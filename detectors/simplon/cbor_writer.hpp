// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "operators/data/value.hpp"

#include "detectors/simplon/encoded_array.hpp"

namespace annulus::simplon {

/// Writes CBOR (RFC 8949): definite lengths, whole numbers as short as they can be, all other numbers as doubles.
class CborWriter final {
 public:
  /// Makes room for a message of that many bytes.
  void reserve(std::size_t bytes) { out_.reserve(bytes); }
  void tag(std::uint64_t number) { head(6, number); }
  void list(std::uint64_t items) { head(4, items); }
  void map(std::uint64_t pairs) { head(5, pairs); }
  void text(std::string_view text);
  void natural(std::uint64_t number) { head(0, number); }
  void real(double number);
  void bytes(std::span<const std::byte> bytes);
  void value(const Value& value);
  /// As RFC 8746 has it (tags 40 and 64 to 87), packed elements with DECTRIS's tag. Throws DataError for a packing
  /// that the tag does not know.
  void array(const EncodedArray& array);
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void head(unsigned major, std::uint64_t number);

  std::string out_;
};

}  // namespace annulus::simplon
