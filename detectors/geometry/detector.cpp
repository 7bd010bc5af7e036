// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/geometry/detector.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "detectors/geometry/jungfrau_8m.hpp"

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

std::vector<std::uint8_t> border_positions(std::size_t length, std::size_t module) {
  std::vector<std::uint8_t> out(length, 0);
  for (std::size_t start = 0; start < length; start += module) {
    out[start] = 1;
    out[std::min(start + module, length) - 1] = 1;
  }
  return out;
}

/// Chips of 256 pixels, which overlap by no more than what the outermost 2 of a row of 4 modules add.
std::vector<std::uint8_t> chip_seams(std::size_t length, std::size_t module, std::size_t chips) {
  std::vector<std::uint8_t> out(length, 0);
  for (std::size_t chip = 0; chip < chips; ++chip) {
    for (std::size_t offset = 255; offset < 259; ++offset) {
      for (std::size_t i = chip * 258 + offset; i + 2 < length; i += module) out[i] = 1;
    }
  }
  return out;
}

/// Either of the two, for every pixel.
std::vector<std::uint8_t> mask_of(const std::vector<std::uint8_t>& rows, const std::vector<std::uint8_t>& cols) {
  std::vector<std::uint8_t> mask;
  mask.reserve(rows.size() * cols.size());
  const std::vector<std::uint8_t> all(cols.size(), 1);
  for (const std::uint8_t row : rows) {
    const auto& line = row != 0 ? all : cols;
    mask.insert(mask.end(), line.begin(), line.end());
  }
  return mask;
}

std::vector<std::uint8_t> outside_circle(const Detector& detector) {
  std::vector<std::uint8_t> mask;
  mask.reserve(detector.rows * detector.cols);
  const auto middle = [](std::size_t length) { return static_cast<double>(length / 2) - 0.5; };
  const double radius = static_cast<double>(detector.rows / 2);
  for (std::size_t row = 0; row < detector.rows; ++row) {
    for (std::size_t col = 0; col < detector.cols; ++col) {
      const double y = static_cast<double>(row) - middle(detector.rows);
      const double x = static_cast<double>(col) - middle(detector.cols);
      mask.push_back(y * y + x * x > radius * radius ? 1 : 0);
    }
  }
  return mask;
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
  if (detector.mask) return *detector.mask;
  const ModuleLayout m = detector.modules.value_or(ModuleLayout{});
  switch (detector.dead) {
    case DeadArea::outside_circle: return outside_circle(detector);
    case DeadArea::jungfrau_8m: return jungfrau_8m_mask(detector.rows, detector.cols);
    case DeadArea::jungfrau_16m:
      return mask_of(chip_seams(detector.rows, m.rows, 1), chip_seams(detector.cols, m.cols, 4));
    case DeadArea::module_borders:
      return mask_of(border_positions(detector.rows, m.rows), border_positions(detector.cols, m.cols));
    case DeadArea::gaps:
      if (!detector.modules) break;
      return mask_of(dead_positions(detector.rows, m.rows, m.gap_rows, 0),
                     dead_positions(detector.cols, m.cols, m.gap_cols, m.dead_columns));
    case DeadArea::nothing: break;
  }
  return std::vector<std::uint8_t>(detector.rows * detector.cols, 0);
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
