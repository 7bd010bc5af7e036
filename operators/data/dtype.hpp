// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace annulus {

/// Element type of an array. Always in the byte order of this machine (little-endian).
enum class DType : std::uint8_t { u8, i8, u16, i16, u32, i32, u64, i64, f32, f64 };

/// Bytes per element.
[[nodiscard]] std::size_t size_of(DType dtype) noexcept;

/// The name numpy gives the type: "uint16", "float64".
[[nodiscard]] std::string_view name_of(DType dtype) noexcept;

/// numpy's array-protocol string: "<u2", "|u1", "<f8".
[[nodiscard]] std::string_view typestr_of(DType dtype) noexcept;

/// An element type with the byte order it has on the wire.
struct WireType {
  DType dtype{};
  bool swapped = false;  ///< big-endian: elements of more than one byte must be swapped before use
};

/// Reads an array-protocol string ("<u2", ">i4", "|u1", "=f8", also without the order character).
/// Numeric types only; empty for every other string.
[[nodiscard]] std::optional<WireType> parse_typestr(std::string_view text) noexcept;

/// Reads a numpy name ("uint16") or an array-protocol string without order ("u2").
[[nodiscard]] std::optional<DType> parse_dtype(std::string_view text) noexcept;

template <class T>
constexpr DType dtype_of() noexcept {
  using U = std::remove_cv_t<T>;
  if constexpr (std::is_floating_point_v<U>) {
    static_assert(sizeof(U) == 4 || sizeof(U) == 8);
    return sizeof(U) == 4 ? DType::f32 : DType::f64;
  } else {
    static_assert(std::is_integral_v<U>);
    constexpr bool is_signed = std::is_signed_v<U>;
    switch (sizeof(U)) {
      case 1: return is_signed ? DType::i8 : DType::u8;
      case 2: return is_signed ? DType::i16 : DType::u16;
      case 4: return is_signed ? DType::i32 : DType::u32;
      default: return is_signed ? DType::i64 : DType::u64;
    }
  }
}

/// Calls `f(T{})` with a value of the C++ type that `dtype` stands for.
template <class F>
decltype(auto) visit_dtype(DType dtype, F&& f) {
  switch (dtype) {
    case DType::u8: return std::forward<F>(f)(std::uint8_t{});
    case DType::i8: return std::forward<F>(f)(std::int8_t{});
    case DType::u16: return std::forward<F>(f)(std::uint16_t{});
    case DType::i16: return std::forward<F>(f)(std::int16_t{});
    case DType::u32: return std::forward<F>(f)(std::uint32_t{});
    case DType::i32: return std::forward<F>(f)(std::int32_t{});
    case DType::u64: return std::forward<F>(f)(std::uint64_t{});
    case DType::i64: return std::forward<F>(f)(std::int64_t{});
    case DType::f32: return std::forward<F>(f)(float{});
    case DType::f64: break;
  }
  return std::forward<F>(f)(double{});
}

}  // namespace annulus
