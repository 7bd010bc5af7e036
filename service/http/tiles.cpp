// SPDX-License-Identifier: BSD-3-Clause
#include "service/http/tiles.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "operators/data/error.hpp"

namespace annulus {
namespace {

constexpr double low_percentile = 0.005;
constexpr double high_percentile = 0.998;

template <class T>
bool is_masked(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    return !std::isfinite(value);
  } else {
    return value < T{0} || value == std::numeric_limits<T>::max();
  }
}

struct Sum {
  double total = 0;
  std::uint32_t valid = 0;
};

/// Adds pixels [first, last) to the sum and widens [lo, hi].
template <class T>
void add_pixels(const Elements<T>& pixels, std::size_t first, std::size_t last, Sum& sum, T& lo, T& hi) {
  for (std::size_t i = first; i < last; ++i) {
    const T value = pixels[i];
    if (is_masked(value)) continue;
    sum.total += static_cast<double>(value);
    ++sum.valid;
    lo = std::min(lo, value);
    hi = std::max(hi, value);
  }
}

template <class T>
Tiles tile(const Elements<T>& pixels, std::size_t rows, std::size_t cols, Block block) {
  Tiles tiles;
  tiles.rows = (rows + block.rows - 1) / block.rows;
  tiles.cols = (cols + block.cols - 1) / block.cols;
  tiles.mean.reserve(tiles.rows * tiles.cols);
  T lo = std::numeric_limits<T>::max();
  T hi = std::numeric_limits<T>::lowest();
  std::vector<Sum> sums(tiles.cols);
  for (std::size_t first_row = 0; first_row < rows; first_row += block.rows) {
    std::fill(sums.begin(), sums.end(), Sum{});
    const std::size_t row_end = std::min(rows, first_row + block.rows);
    for (std::size_t row = first_row; row < row_end; ++row) {
      for (std::size_t col = 0; col < tiles.cols; ++col) {
        const std::size_t begin = row * cols;
        add_pixels(pixels, begin + col * block.cols, begin + std::min(cols, (col + 1) * block.cols), sums[col], lo, hi);
      }
    }
    for (const Sum& sum : sums) {
      tiles.mean.push_back(static_cast<float>(sum.total / sum.valid));  // 0 / 0 is the NaN of an empty block
      tiles.total += sum.total;
      tiles.valid += sum.valid;
    }
  }
  if (tiles.valid > 0) {
    tiles.min = static_cast<double>(lo);
    tiles.max = static_cast<double>(hi);
  }
  return tiles;
}

}  // namespace

Tiles tile(const Array& pixels, Block block) {
  const Shape& shape = pixels.shape();
  if (shape.size() != 2 || pixels.empty()) {
    throw DataError(fmt::format("an array of shape {} is not an image (2 dimensions needed)", to_string(shape)));
  }
  return pixels.visit([&](auto elements) { return tile(elements, shape[0], shape[1], block); });
}

ColourLimits colour_limits(const Tiles& tiles) {
  std::vector<float> valid;
  valid.reserve(tiles.mean.size());
  std::copy_if(tiles.mean.begin(), tiles.mean.end(), std::back_inserter(valid), [](float v) { return !std::isnan(v); });
  if (valid.empty()) return {};
  const auto at = [&](double rank) {
    const auto nth = valid.begin() + static_cast<std::ptrdiff_t>(rank);
    std::nth_element(valid.begin(), nth, valid.end());
    return *nth;
  };
  const auto last = static_cast<double>(valid.size() - 1);
  ColourLimits limits{at(std::floor(low_percentile * last)), at(std::ceil(high_percentile * last))};
  // A few spots on an empty detector: the percentile sees only the emptiness.
  if (!(limits.high > limits.low)) limits.high = *std::max_element(valid.begin(), valid.end());
  if (limits.high > limits.low) return limits;
  if (limits.low == 0) return {};
  return {std::min(limits.low, 0.0F), std::max(limits.high, 0.0F)};
}

}  // namespace annulus
