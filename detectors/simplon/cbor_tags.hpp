// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>

#include "operators/data/dtype.hpp"

namespace annulus::simplon::cbor {

inline constexpr std::uint64_t date_time = 0;
inline constexpr std::uint64_t row_major = 40;       ///< RFC 8746, section 3.1.1
inline constexpr std::uint64_t column_major = 1040;  ///< section 3.1.2
inline constexpr std::uint64_t self_described = 55799;
inline constexpr std::uint64_t dectris_compression = 56500;  ///< [algorithm, element size, bytes]

/// The element type that a tag of RFC 8746, section 2.1 stands for: its bits are 010 f s e ll (float, signed,
/// little-endian, size). Half and quadruple floats are not among ours.
[[nodiscard]] constexpr std::optional<WireType> type_of(std::uint64_t tag) {
  if (tag < 64 || tag > 87) return std::nullopt;
  const bool is_float = (tag & 16U) != 0;
  const bool is_signed = (tag & 8U) != 0;
  const bool little = (tag & 4U) != 0;
  const unsigned size = tag & 3U;
  constexpr DType naturals[] = {DType::u8, DType::u16, DType::u32, DType::u64};
  constexpr DType integers[] = {DType::i8, DType::i16, DType::i32, DType::i64};
  if (is_float) {
    if (is_signed || size == 0 || size == 3) return std::nullopt;
    return WireType{size == 1 ? DType::f32 : DType::f64, !little};
  }
  if (is_signed && little && size == 0) return std::nullopt;  // 76 is reserved
  return WireType{is_signed ? integers[size] : naturals[size], !little && size > 0};
}

/// The tag of a little-endian array.
[[nodiscard]] constexpr std::uint64_t tag_of(DType dtype) {
  for (std::uint64_t tag = 64; tag <= 87; ++tag) {
    const auto type = type_of(tag);
    if (type && type->dtype == dtype && !type->swapped) return tag;
  }
  return 0;
}

static_assert(tag_of(DType::u8) == 64 && tag_of(DType::u16) == 69 && tag_of(DType::u32) == 70);
static_assert(tag_of(DType::i8) == 72 && tag_of(DType::f32) == 85 && tag_of(DType::f64) == 86);

}  // namespace annulus::simplon::cbor
