// SPDX-License-Identifier: BSD-3-Clause
#include "operators/data/array.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "operators/data/error.hpp"

namespace annulus {

std::size_t count_of(const Shape& shape) {
  std::size_t count = 1;
  for (const std::size_t length : shape) {
    if (__builtin_mul_overflow(count, length, &count)) {
      throw DataError(fmt::format("shape {} has too many elements (does not fit in 64 bits)", to_string(shape)));
    }
  }
  return count;
}

std::string to_string(const Shape& shape) { return fmt::format("{}", fmt::join(shape, " x ")); }

Array::Array(DType dtype, Shape shape, std::span<const std::byte> bytes, std::shared_ptr<const void> owner)
    : dtype_(dtype), shape_(std::move(shape)), data_(bytes.data()), owner_(std::move(owner)) {
  std::size_t needed = 0;
  if (__builtin_mul_overflow(count_of(shape_), size_of(dtype_), &needed) || needed != bytes.size()) {
    throw DataError(fmt::format("array of {} {} has {} bytes (needs exactly its number of elements times {})",
                                to_string(shape_), name_of(dtype_), bytes.size(), size_of(dtype_)));
  }
}

Array::Array(DType dtype, Shape shape, std::shared_ptr<const PackedBytes> packed)
    : dtype_(dtype), is_packed_(true), shape_(std::move(shape)), owner_(std::move(packed)) {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(count_of(shape_), size_of(dtype_), &bytes)) {
    throw DataError(fmt::format("array of {} {} has too many bytes (they do not fit in 64 bits)", to_string(shape_),
                                name_of(dtype_)));
  }
}

Array Array::slice(std::size_t index) const {
  if (shape_.empty() || index >= shape_.front()) {
    throw DataError(fmt::format("slice {} of an array of shape {} does not exist", index, to_string(shape_)));
  }
  const std::size_t length = bytes().size() / shape_.front();
  return Array(dtype_, Shape(shape_.begin() + 1, shape_.end()), bytes().subspan(index * length, length), owner_);
}

Array Array::reshaped(Shape shape) const { return Array(dtype_, std::move(shape), bytes(), owner_); }

bool operator==(const Array& a, const Array& b) {
  return a.dtype_ == b.dtype_ && a.shape_ == b.shape_ && std::ranges::equal(a.bytes(), b.bytes());
}

void Array::require(DType wanted) const {
  if (dtype_ == wanted) return;
  throw DataError(fmt::format("array holds {} (asked for {})", name_of(dtype_), name_of(wanted)));
}

}  // namespace annulus
