// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/geometry/detector.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace annulus {
namespace {

/// 1 for the positions of a line that lie in gaps or, when `dead` > 0, in the seam of a module.
std::vector<std::uint8_t> dead_positions(std::size_t length, std::size_t module, std::size_t gap, std::size_t dead) {
  std::vector<std::uint8_t> out(length, 0);
  const auto mark = [&](std::size_t first, std::size_t count) {
    for (std::size_t i = first; i < std::min(first + count, length); ++i) out[i] = 1;
  };
  for (std::size_t start = 0; start < length; start += module + gap) {
    mark(start + module, gap);
    mark(start + module / 2 - dead / 2, dead);
  }
  return out;
}

}  // namespace

Detector sized_for(Detector detector, const Shape& image) {
  if (!detector.has_shape() && image.size() == 2) {
    detector.rows = image[0];
    detector.cols = image[1];
  }
  return detector;
}

std::vector<std::uint8_t> gap_mask(const Detector& detector) {
  std::vector<std::uint8_t> mask(detector.rows * detector.cols, 0);
  if (!detector.modules) return mask;
  const ModuleLayout& m = *detector.modules;
  const auto dead_rows = dead_positions(detector.rows, m.rows, m.gap_rows, 0);
  const auto dead_cols = dead_positions(detector.cols, m.cols, m.gap_cols, m.dead_columns);
  for (std::size_t row = 0; row < detector.rows; ++row) {
    for (std::size_t col = 0; col < detector.cols; ++col) {
      mask[row * detector.cols + col] = dead_rows[row] | dead_cols[col];
    }
  }
  return mask;
}

std::optional<BadValue> bad_value_of(const Detector& detector, DType dtype) {
  if (!detector.bad_value) return std::nullopt;
  return visit_dtype(dtype, [&](auto tag) -> std::optional<BadValue> {
    using Pixel = decltype(tag);
    if constexpr (std::is_floating_point_v<Pixel>) return std::nullopt;
    const double whole = std::floor(detector.bad_value->value);
    const auto value = static_cast<Pixel>(static_cast<std::int64_t>(whole));
    return BadValue{static_cast<double>(value) + detector.bad_value->value - whole, detector.bad_value->delta};
  });
}

}  // namespace annulus
