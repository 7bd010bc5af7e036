// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/bluesky/numpy_array.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include <fmt/format.h>

namespace annulus::bluesky {
namespace {

constexpr std::string_view kind_of(char letter) noexcept {
  switch (letter) {
    case 'c': return "complex";
    case 'M':
    case 'm': return "a date or time";
    case 'O': return "made of Python objects";
    case 'V': return "structured";
    case 'S':
    case 'U':
    case 'a':
    case 'T': return "text";
    default: return "not supported";
  }
}

/// False for an array such as (1000000000, 0): it needs no bytes but would take long to walk through.
bool is_plausible_when_empty(const Shape& shape) noexcept {
  constexpr std::size_t most = 1024;
  std::size_t count = 1;
  for (const std::size_t length : shape) {
    if (length == 0) return true;
    if (__builtin_mul_overflow(count, length, &count) || count > most) return false;
  }
  return true;
}

/// The number of bytes an array needs, or nothing when it overflows.
std::optional<std::size_t> bytes_needed(const Shape& shape, std::size_t item_size) noexcept {
  std::size_t needed = item_size;
  for (const std::size_t length : shape) {
    if (__builtin_mul_overflow(needed, length, &needed)) return std::nullopt;
  }
  return needed;
}

/// The distance in memory between neighbours along each dimension [bytes].
std::vector<std::size_t> strides_of(const Shape& shape, std::span<const std::size_t> axes, std::size_t item_size) {
  std::vector<std::size_t> strides(shape.size());
  for (std::size_t k = axes.size(); k-- > 0; item_size *= shape[axes[k]]) strides[axes[k]] = item_size;
  return strides;
}

/// True when every step along a dimension that has one is as long as in C order.
bool is_c_order(const Shape& shape, std::span<const std::size_t> strides, std::size_t item_size) {
  for (std::size_t d = shape.size(); d-- > 0; item_size *= shape[d]) {
    if (shape[d] > 1 && strides[d] != item_size) return false;
  }
  return true;
}

/// Reverses the bytes of each element.
template <class Word>
Word swap_bytes(Word word) {
  if constexpr (sizeof(Word) == 2) return __builtin_bswap16(word);
  if constexpr (sizeof(Word) == 4) return __builtin_bswap32(word);
  if constexpr (sizeof(Word) == 8) return __builtin_bswap64(word);
  return word;
}

/// Copies into C order and our byte order: row after row of the last dimension, the input's offset following `strides`.
template <class Word>
void copy_elements(const Shape& shape, std::span<const std::size_t> strides, bool swapped, const std::byte* from,
                   std::byte* to, std::size_t count) {
  const std::size_t last = shape.empty() ? 1 : shape.back();
  const std::size_t step = shape.empty() ? 0 : strides.back();
  std::vector<std::size_t> index(shape.size(), 0);
  for (std::size_t done = 0; done < count; done += last) {
    for (std::size_t i = 0; i < last; ++i, to += sizeof(Word)) {
      Word word;
      std::memcpy(&word, from + i * step, sizeof(Word));
      if (swapped) word = swap_bytes(word);
      std::memcpy(to, &word, sizeof(Word));
    }
    for (std::size_t d = shape.size(); d-- > 1;) {
      from += strides[d - 1];
      if (++index[d - 1] < shape[d - 1]) break;
      from -= strides[d - 1] * shape[d - 1];
      index[d - 1] = 0;
    }
  }
}

std::vector<std::byte> converted(const Shape& shape, std::span<const std::size_t> strides, WireType type,
                                 std::span<const std::byte> bytes) {
  std::vector<std::byte> out(bytes.size());
  const auto copy = [&]<class Word>(Word) {
    copy_elements<Word>(shape, strides, type.swapped, bytes.data(), out.data(), bytes.size() / sizeof(Word));
  };
  switch (size_of(type.dtype)) {
    case 1: copy(std::uint8_t{}); break;
    case 2: copy(std::uint16_t{}); break;
    case 4: copy(std::uint32_t{}); break;
    default: copy(std::uint64_t{}); break;
  }
  return out;
}

}  // namespace

Expected<WireType, std::string> parse_wire_type(std::string_view typestr) {
  if (const auto type = parse_typestr(typestr)) return *type;
  const std::size_t letter = typestr.find_first_not_of("<>|=");
  return Unexpected<std::string>(
      fmt::format("numpy type '{}' is {} (only integers and floats of 1 to 8 bytes and bool "
                  "are read)",
                  typestr.substr(0, 40), kind_of(letter == std::string_view::npos ? '?' : typestr[letter])));
}

std::vector<std::size_t> axes_in_memory(std::size_t dimensions, MemoryOrder order) {
  std::vector<std::size_t> axes(dimensions);
  std::iota(axes.begin(), axes.end(), std::size_t{0});
  if (order == MemoryOrder::fortran) std::ranges::reverse(axes);
  return axes;
}

Expected<Array, std::string> make_array(WireType type, Shape shape, std::span<const std::size_t> axes,
                                        std::span<const std::byte> bytes, const std::shared_ptr<const void>& owner,
                                        Budget& budget) {
  if (shape.size() > max_dimensions) {
    return Unexpected<std::string>(fmt::format("array has {} dimensions (at most {})", shape.size(), max_dimensions));
  }
  const std::size_t item_size = size_of(type.dtype);
  const auto needed = bytes_needed(shape, item_size);
  if (needed != bytes.size()) {
    return Unexpected<std::string>(fmt::format("array of {} {} has {} bytes ({})", to_string(shape),
                                               name_of(type.dtype), bytes.size(),
                                               needed ? fmt::format("needs {}", *needed) : "its size overflows"));
  }
  if (bytes.empty() && !is_plausible_when_empty(shape)) {
    return Unexpected<std::string>(fmt::format("array of {} holds nothing (not a sensible shape)", to_string(shape)));
  }
  const std::vector<std::size_t> strides = strides_of(shape, axes, item_size);
  const bool as_it_is = bytes.empty() || (!type.swapped && is_c_order(shape, strides, item_size));
  if (as_it_is) return Array(type.dtype, std::move(shape), bytes, owner);

  if (!budget.take_bytes(bytes.size())) {
    return Unexpected<std::string>("message unpacks to far more bytes than it has (it repeats an array to convert)");
  }
  auto copy = std::make_shared<const std::vector<std::byte>>(converted(shape, strides, type, bytes));
  return Array(type.dtype, std::move(shape), *copy, copy);
}

Expected<Value, std::string> make_scalar(WireType type, std::span<const std::byte> bytes) {
  Budget budget(bytes.size());
  const auto array = make_array(type, {}, {}, bytes, nullptr, budget);
  if (!array) return Unexpected<std::string>(array.error());
  return array->visit([](auto elements) {
    const auto value = elements[0];
    if constexpr (std::is_floating_point_v<decltype(value)>) {
      return Value(static_cast<double>(value));
    } else if constexpr (std::is_signed_v<decltype(value)>) {
      return Value(static_cast<std::int64_t>(value));
    } else {
      return Value(static_cast<std::uint64_t>(value));
    }
  });
}

bool is_bool(std::string_view typestr) noexcept {
  return typestr.ends_with("b1") && typestr.find_first_not_of("<>|=") == typestr.size() - 2;
}

}  // namespace annulus::bluesky
