// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>

#include "operators/data/dtype.hpp"

namespace annulus {

/// The pixels of a tile where they lie in memory.
struct TilePixels {
  DType dtype = DType::u16;
  const std::byte* first = nullptr;
  std::size_t stride = 0;  ///< bytes from a row to the next
  std::size_t rows = 0;
  std::size_t cols = 0;

  [[nodiscard]] const std::byte* row(std::size_t k) const { return first + k * stride; }
  [[nodiscard]] std::size_t row_bytes() const { return cols * size_of(dtype); }
};

}  // namespace annulus
