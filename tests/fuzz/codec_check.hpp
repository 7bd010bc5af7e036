// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "operators/data/error.hpp"
#include "operators/data/value.hpp"

#include "tests/fuzz/require.hpp"

namespace annulus::fuzz {

/// Not-a-number is not equal to itself, so values that hold it cannot be compared.
inline bool has_nan(const Value& value) {
  if (const auto* number = value.get_if<double>()) return std::isnan(*number);
  if (const auto* list = value.get_if<List>()) return std::ranges::any_of(*list, has_nan);
  if (const auto* dict = value.get_if<Dict>()) {
    return std::ranges::any_of(*dict, [](const Dict::Entry& entry) { return has_nan(entry.value); });
  }
  return false;
}

/// What decodes must encode, and decode again to an equal value. `decode(bytes, owner)`, `encode(value, out)`.
template <class Decode, class Encode>
void check_codec(const std::uint8_t* data, std::size_t size, Decode&& decode, Encode&& encode) {
  const auto input = std::make_shared<const std::string>(reinterpret_cast<const char*>(data), size);
  const Expected<Value, DecodeError> value =
      with_justified_memory(size, [&] { return decode(std::as_bytes(std::span(*input)), input); });
  if (!value) {
    require(!value.error().problem.empty() && value.error().offset <= size);
    return;
  }
  const auto text = std::make_shared<std::string>();
  encode(*value, *text);
  const Expected<Value, DecodeError> again = decode(std::as_bytes(std::span(*text)), text);
  require(again.has_value());
  if (!has_nan(*value)) require(*again == *value);
}

}  // namespace annulus::fuzz
