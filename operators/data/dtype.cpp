// SPDX-License-Identifier: BSD-3-Clause
#include "operators/data/dtype.hpp"

#include <array>

namespace annulus {
namespace {

struct Row {
  DType dtype;
  std::size_t size;
  std::string_view name;
  std::string_view typestr;
};

constexpr std::array<Row, 10> table{{{DType::u8, 1, "uint8", "|u1"},
                                     {DType::i8, 1, "int8", "|i1"},
                                     {DType::u16, 2, "uint16", "<u2"},
                                     {DType::i16, 2, "int16", "<i2"},
                                     {DType::u32, 4, "uint32", "<u4"},
                                     {DType::i32, 4, "int32", "<i4"},
                                     {DType::u64, 8, "uint64", "<u8"},
                                     {DType::i64, 8, "int64", "<i8"},
                                     {DType::f32, 4, "float32", "<f4"},
                                     {DType::f64, 8, "float64", "<f8"}}};

const Row& row_of(DType dtype) noexcept { return table[static_cast<std::size_t>(dtype)]; }

}  // namespace

std::size_t size_of(DType dtype) noexcept { return row_of(dtype).size; }
std::string_view name_of(DType dtype) noexcept { return row_of(dtype).name; }
std::string_view typestr_of(DType dtype) noexcept { return row_of(dtype).typestr; }

std::optional<WireType> parse_typestr(std::string_view text) noexcept {
  bool swapped = false;
  if (!text.empty() && std::string_view("<>|=").find(text.front()) != std::string_view::npos) {
    swapped = text.front() == '>';
    text.remove_prefix(1);
  }
  if (text == "b1") return WireType{DType::u8, false};  // numpy.bool_: one byte, 0 or 1
  for (const Row& row : table) {
    if (row.typestr.substr(1) == text) return WireType{row.dtype, swapped && row.size > 1};
  }
  return std::nullopt;
}

std::optional<DType> parse_dtype(std::string_view text) noexcept {
  for (const Row& row : table) {
    if (row.name == text || row.typestr.substr(1) == text) return row.dtype;
  }
  return std::nullopt;
}

}  // namespace annulus
