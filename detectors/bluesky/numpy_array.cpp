// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/bluesky/numpy_array.hpp"

#include <algorithm>
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

void copy_swapped(const std::byte* from, std::byte* to, std::size_t item_size, bool swapped) {
  if (swapped) {
    std::reverse_copy(from, from + item_size, to);
  } else {
    std::copy_n(from, item_size, to);
  }
}

/// Copies into C order: walks the output in order while the input offset follows Fortran strides.
std::vector<std::byte> reordered(const Shape& shape, std::size_t item_size, bool swapped,
                                 std::span<const std::byte> bytes) {
  std::vector<std::size_t> strides(shape.size());
  std::exclusive_scan(shape.begin(), shape.end(), strides.begin(), item_size, std::multiplies<>());
  std::vector<std::size_t> index(shape.size(), 0);
  std::vector<std::byte> out(bytes.size());
  std::size_t from = 0;
  for (std::size_t to = 0; to < out.size(); to += item_size) {
    copy_swapped(bytes.data() + from, out.data() + to, item_size, swapped);
    for (std::size_t d = shape.size(); d-- > 0;) {
      from += strides[d];
      if (++index[d] < shape[d]) break;
      from -= strides[d] * shape[d];
      index[d] = 0;
    }
  }
  return out;
}

std::vector<std::byte> swapped_copy(std::size_t item_size, std::span<const std::byte> bytes) {
  std::vector<std::byte> out(bytes.size());
  for (std::size_t at = 0; at < out.size(); at += item_size) {
    copy_swapped(bytes.data() + at, out.data() + at, item_size, true);
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

Expected<Array, std::string> make_array(WireType type, Shape shape, MemoryOrder order, std::span<const std::byte> bytes,
                                        const std::shared_ptr<const void>& owner, Budget& budget) {
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
  const bool one_long_dimension = std::ranges::count_if(shape, [](std::size_t n) { return n > 1; }) <= 1;
  const bool reorder = order == MemoryOrder::fortran && !one_long_dimension && !bytes.empty();
  if (!reorder && !type.swapped) return Array(type.dtype, std::move(shape), bytes, owner);

  if (!budget.take_bytes(bytes.size())) {
    return Unexpected<std::string>("message unpacks to far more bytes than it has (it repeats an array to convert)");
  }
  auto copy = std::make_shared<const std::vector<std::byte>>(reorder ? reordered(shape, item_size, type.swapped, bytes)
                                                                     : swapped_copy(item_size, bytes));
  return Array(type.dtype, std::move(shape), *copy, copy);
}

Expected<Value, std::string> make_scalar(WireType type, std::span<const std::byte> bytes) {
  Budget budget(bytes.size());
  const auto array = make_array(type, {}, MemoryOrder::c, bytes, nullptr, budget);
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
