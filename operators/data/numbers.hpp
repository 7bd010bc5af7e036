// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "operators/data/array.hpp"

namespace annulus {

/// Numbers of a result. Copies share them until one of them is edited: what is the same for all frames of a geometry
/// is kept once.
class Numbers final {
 public:
  Numbers() = default;
  Numbers(const std::vector<double>& values) : Numbers(uninitialized(values.size())) {
    std::ranges::copy(values, values_.get());
  }
  Numbers(std::initializer_list<double> values) : Numbers(std::vector<double>(values)) {}
  [[nodiscard]] static Numbers zeros(std::size_t size) {
    return Numbers(size == 0 ? nullptr : std::make_shared<double[]>(size), size);
  }
  /// To be written through edit(), by several threads if need be.
  [[nodiscard]] static Numbers uninitialized(std::size_t size) {
    return Numbers(size == 0 ? nullptr : std::make_shared_for_overwrite<double[]>(size), size);
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] const double* data() const noexcept { return values_.get(); }
  [[nodiscard]] const double* begin() const noexcept { return data(); }
  [[nodiscard]] const double* end() const noexcept { return data() + size_; }
  [[nodiscard]] const double& operator[](std::size_t i) const { return values_[static_cast<std::ptrdiff_t>(i)]; }
  [[nodiscard]] const double& front() const { return *begin(); }
  [[nodiscard]] const double& back() const { return *(end() - 1); }

  /// The same numbers as an array, which shares them. Throws DataError for another shape.
  [[nodiscard]] Array as_array(Shape shape) const {
    return {DType::f64, std::move(shape), std::as_bytes(std::span(begin(), end())), values_};
  }

  /// Makes them one's own, and so invalidates what was taken of them before.
  [[nodiscard]] std::span<double> edit() {
    if (values_.use_count() > 1) *this = Numbers(std::vector<double>(begin(), end()));
    return {values_.get(), size_};
  }

  friend bool operator==(const Numbers& a, const Numbers& b) { return std::ranges::equal(a, b); }

 private:
  Numbers(std::shared_ptr<double[]> values, std::size_t size) : values_(std::move(values)), size_(size) {}

  std::shared_ptr<double[]> values_;
  std::size_t size_ = 0;
};

}  // namespace annulus
