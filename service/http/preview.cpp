// SPDX-License-Identifier: BSD-3-Clause
#include "service/http/preview.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include <fmt/format.h>

#include "operators/data/error.hpp"

namespace annulus {
namespace {

// Robust limits: a few dead or hot pixels do not decide the colours of all others.
constexpr double low_percentile = 0.005;
constexpr double high_percentile = 0.998;
const cv::Vec3b mask_colour{98, 84, 64};  // slate, blue-green-red: not in the colour map, calm beside it

template <class T>
bool is_masked(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    return !std::isfinite(value);
  } else {
    return value < T{0} || value == std::numeric_limits<T>::max();
  }
}

/// The frame in blocks of `block` x `block` pixels.
struct Tiles {
  cv::Mat1f mean;  ///< of the valid pixels; NaN where there is none
  double min = std::numeric_limits<double>::quiet_NaN();
  double max = std::numeric_limits<double>::quiet_NaN();
  double total = 0;
  std::uint64_t valid = 0;
};

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
Tiles tile(const Elements<T>& pixels, std::size_t rows, std::size_t cols, std::size_t block) {
  const std::size_t out_rows = (rows + block - 1) / block;
  const std::size_t out_cols = (cols + block - 1) / block;
  Tiles tiles;
  tiles.mean.create(static_cast<int>(out_rows), static_cast<int>(out_cols));
  T lo = std::numeric_limits<T>::max();
  T hi = std::numeric_limits<T>::lowest();
  std::vector<Sum> sums(out_cols);
  for (std::size_t out_row = 0; out_row < out_rows; ++out_row) {
    std::fill(sums.begin(), sums.end(), Sum{});
    const std::size_t row_end = std::min(rows, (out_row + 1) * block);
    for (std::size_t row = out_row * block; row < row_end; ++row) {
      for (std::size_t col = 0; col < out_cols; ++col) {
        add_pixels(pixels, row * cols + col * block, row * cols + std::min(cols, (col + 1) * block), sums[col], lo, hi);
      }
    }
    float* mean = tiles.mean.ptr<float>(static_cast<int>(out_row));
    for (std::size_t col = 0; col < out_cols; ++col) {
      const Sum& sum = sums[col];
      mean[col] = static_cast<float>(sum.total / sum.valid);  // 0 / 0 is the NaN of an empty block
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

struct Limits {
  float low = 0;
  float high = 1;
};

Limits robust_limits(const cv::Mat1f& mean) {
  std::vector<float> valid;
  valid.reserve(mean.total());
  std::copy_if(mean.begin(), mean.end(), std::back_inserter(valid), [](float v) { return !std::isnan(v); });
  if (valid.empty()) return {};
  const auto at = [&](double rank) {
    const auto nth = valid.begin() + static_cast<std::ptrdiff_t>(rank);
    std::nth_element(valid.begin(), nth, valid.end());
    return *nth;
  };
  const auto last = static_cast<double>(valid.size() - 1);
  Limits limits{at(std::floor(low_percentile * last)), at(std::ceil(high_percentile * last))};
  // A few spots on an empty detector: the percentile sees only the emptiness.
  if (!(limits.high > limits.low)) limits.high = *std::max_element(valid.begin(), valid.end());
  return limits;
}

/// log(1 + counts above zero) between the limits, as 0 to 255. The one keeps zero counts finite.
cv::Mat1b log_levels(const cv::Mat1f& mean, const Limits& limits) {
  const float zero = std::min(0.0F, limits.low);
  const float bottom = std::log1p(limits.low - zero);
  const float span = std::log1p(limits.high - zero) - bottom;
  cv::Mat1b levels(mean.size());
  std::transform(mean.begin(), mean.end(), levels.begin(), [&](float value) -> std::uint8_t {
    if (std::isnan(value) || !(span > 0)) return 0;
    const float clamped = std::clamp(value, limits.low, limits.high);
    return static_cast<std::uint8_t>(std::lround(255.0F * (std::log1p(clamped - zero) - bottom) / span));
  });
  return levels;
}

std::string encode_png(const cv::Mat1f& mean, const cv::Mat1b& levels) {
  cv::Mat3b colours;
  cv::applyColorMap(levels, colours, cv::COLORMAP_INFERNO);
  std::transform(mean.begin(), mean.end(), colours.begin(), colours.begin(),
                 [](float value, const cv::Vec3b& colour) { return std::isnan(value) ? mask_colour : colour; });
  std::vector<std::uint8_t> file;
  cv::imencode(".png", colours, file, {cv::IMWRITE_PNG_COMPRESSION, 2});
  return {file.begin(), file.end()};
}

}  // namespace

Preview draw_preview(const Array& pixels, std::size_t side) {
  if (pixels.shape().size() != 2 || pixels.empty()) {
    throw DataError(
        fmt::format("preview: an array of shape {} is not an image (2 dimensions needed)", to_string(pixels.shape())));
  }
  static std::once_flag once;
  std::call_once(once, [] { cv::setNumThreads(1); });  // the cores belong to the reduction

  const std::size_t rows = pixels.shape()[0];
  const std::size_t cols = pixels.shape()[1];
  const std::size_t block = (std::max(rows, cols) + side - 1) / side;
  const Tiles tiles = pixels.visit([&](auto elements) { return tile(elements, rows, cols, block); });
  const Limits limits = robust_limits(tiles.mean);

  Preview preview;
  preview.png = encode_png(tiles.mean, log_levels(tiles.mean, limits));
  preview.rows = static_cast<std::size_t>(tiles.mean.rows);
  preview.cols = static_cast<std::size_t>(tiles.mean.cols);
  preview.low = static_cast<double>(limits.low);
  preview.high = static_cast<double>(limits.high);
  preview.min = tiles.min;
  preview.max = tiles.max;
  preview.total = tiles.total;
  preview.masked = pixels.size() - tiles.valid;
  return preview;
}

}  // namespace annulus
