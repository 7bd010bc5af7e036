// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "operators/data/dtype.hpp"
#include "operators/data/packed_bytes.hpp"

namespace annulus {

/// Lengths per dimension, slowest first: an image is {rows, cols}.
using Shape = std::vector<std::size_t>;

/// Number of elements. Throws DataError when it does not fit in 64 bits.
[[nodiscard]] std::size_t count_of(const Shape& shape);

/// "2162 x 2068".
[[nodiscard]] std::string to_string(const Shape& shape);

/// A read-only sequence of T over bytes of any alignment: arrays may lie in the middle of a received message.
template <class T>
class Elements {
 public:
  Elements() = default;
  Elements(const std::byte* data, std::size_t size) : data_(data), size_(size) {}

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] const std::byte* bytes() const noexcept { return data_; }
  [[nodiscard]] T operator[](std::size_t i) const noexcept {
    T value;
    std::memcpy(&value, data_ + i * sizeof(T), sizeof(T));
    return value;
  }

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// An immutable C-contiguous array that shares its bytes: a copy copies a pointer, never elements. The bytes may be
/// packed until they are looked at: bytes(), as(), visit() and what is built on them then throw DataError when they
/// cannot be unpacked.
class Array {
 public:
  Array() = default;

  /// Wraps bytes kept alive by `owner` (a received message, a vector). Throws DataError unless
  /// `bytes.size()` is exactly the number of elements times the element size.
  Array(DType dtype, Shape shape, std::span<const std::byte> bytes, std::shared_ptr<const void> owner);

  /// Wraps bytes that are unpacked when they are looked at. Throws DataError when shape and type do not fit in 64 bits.
  Array(DType dtype, Shape shape, std::shared_ptr<const PackedBytes> packed);

  /// Takes over `values`.
  template <class T>
  static Array of(Shape shape, std::vector<T> values) {
    auto owner = std::make_shared<const std::vector<T>>(std::move(values));
    return Array(dtype_of<T>(), std::move(shape), std::as_bytes(std::span(*owner)), owner);
  }

  [[nodiscard]] DType dtype() const noexcept { return dtype_; }
  [[nodiscard]] const Shape& shape() const noexcept { return shape_; }
  [[nodiscard]] std::size_t size() const noexcept {
    std::size_t count = 1;
    for (const std::size_t length : shape_) count *= length;  // the constructor has checked that it fits
    return count;
  }
  [[nodiscard]] std::span<const std::byte> bytes() const {
    return packed() == nullptr ? std::span(data_, size() * size_of(dtype_)) : packed()->unpacked();
  }
  /// What the bytes are packed in; null when they are not.
  [[nodiscard]] const PackedBytes* packed() const noexcept {
    return is_packed_ ? static_cast<const PackedBytes*>(owner_.get()) : nullptr;
  }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }

  /// The elements as T. Throws DataError when T is not the array's type.
  template <class T>
  [[nodiscard]] Elements<T> as() const {
    require(dtype_of<T>());
    return {bytes().data(), size()};
  }

  /// Calls `f(Elements<T>)` with the elements in their own type.
  template <class F>
  decltype(auto) visit(F&& f) const {
    return visit_dtype(dtype_,
                       [&](auto tag) -> decltype(auto) { return f(Elements<decltype(tag)>(bytes().data(), size())); });
  }

  /// The elements converted to T with static_cast. Copies.
  template <class T>
  [[nodiscard]] std::vector<T> to_vector() const {
    std::vector<T> out(size());
    visit([&](auto elements) {
      for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<T>(elements[i]);
    });
    return out;
  }

  /// Part `index` along the first dimension, sharing the bytes: image k of a stack.
  [[nodiscard]] Array slice(std::size_t index) const;

  /// The same bytes under another shape with the same number of elements.
  [[nodiscard]] Array reshaped(Shape shape) const;

  /// Same type, shape and bytes.
  friend bool operator==(const Array& a, const Array& b);

 private:
  void require(DType wanted) const;

  DType dtype_ = DType::u8;
  bool is_packed_ = false;
  Shape shape_{0};
  const std::byte* data_ = nullptr;  ///< of as many bytes as type and shape say: a Value has to be small
  std::shared_ptr<const void> owner_;
};

}  // namespace annulus
