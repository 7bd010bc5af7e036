// SPDX-License-Identifier: BSD-3-Clause
#include "service/http/preview.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "service/http/tiles.hpp"

namespace annulus {
namespace {

const cv::Vec3b mask_colour{98, 84, 64};  // slate, blue-green-red: not in the colour map, calm beside it

/// log(1 + counts above zero) between the limits, as 0 to 255. The one keeps zero counts finite.
cv::Mat1b log_levels(const cv::Mat1f& mean, const ColourLimits& limits) {
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
  static std::once_flag once;
  std::call_once(once, [] { cv::setNumThreads(1); });  // the cores belong to the reduction

  std::size_t longest = 0;
  for (const std::size_t length : pixels.shape()) longest = std::max(longest, length);
  const std::size_t block = (longest + side - 1) / side;
  Tiles tiles = tile(pixels, {block, block});
  const ColourLimits limits = colour_limits(tiles);
  const cv::Mat1f mean(static_cast<int>(tiles.rows), static_cast<int>(tiles.cols), tiles.mean.data());

  Preview preview;
  preview.png = encode_png(mean, log_levels(mean, limits));
  preview.rows = tiles.rows;
  preview.cols = tiles.cols;
  preview.low = static_cast<double>(limits.low);
  preview.high = static_cast<double>(limits.high);
  preview.min = tiles.min;
  preview.max = tiles.max;
  preview.total = tiles.total;
  preview.masked = pixels.size() - tiles.valid;
  return preview;
}

}  // namespace annulus
