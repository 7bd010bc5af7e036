// SPDX-License-Identifier: BSD-3-Clause
#include "service/http/preview.hpp"

#include <cmath>
#include <limits>
#include <opencv2/imgcodecs.hpp>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

namespace annulus {
namespace {

constexpr std::size_t side = 512;
const cv::Vec3b mask_colour{98, 84, 64};

cv::Mat3b picture_of(const Preview& preview) {
  const std::vector<char> bytes(preview.png.begin(), preview.png.end());
  return cv::imdecode(bytes, cv::IMREAD_COLOR);
}

int brightness(const cv::Vec3b& colour) { return colour[0] + colour[1] + colour[2]; }

TEST(Preview, is_a_png_no_larger_than_asked_and_keeps_proportions) {
  const Preview preview =
      draw_preview(Array::of<std::uint16_t>({1100, 300}, std::vector<std::uint16_t>(330000, 7)), side);
  const cv::Mat3b picture = picture_of(preview);
  EXPECT_EQ(picture.rows, 367);  // blocks of 3
  EXPECT_EQ(picture.cols, 100);
  EXPECT_EQ(preview.rows, 367U);
  EXPECT_EQ(preview.cols, 100U);
}

TEST(Preview, never_enlarges) {
  const Preview preview = draw_preview(Array::of<std::uint8_t>({2, 3}, {0, 1, 2, 3, 4, 5}), side);
  EXPECT_EQ(picture_of(preview).size(), cv::Size(3, 2));
}

TEST(Preview, shows_more_counts_brighter) {
  const cv::Mat3b picture = picture_of(draw_preview(Array::of<std::int32_t>({1, 4}, {0, 10, 100, 1000}), side));
  for (int col = 0; col < 3; ++col) {
    EXPECT_LT(brightness(picture(0, col)), brightness(picture(0, col + 1))) << col;
  }
}

TEST(Preview, gives_pixels_without_a_measurement_a_colour_of_their_own) {
  const auto most = std::numeric_limits<std::uint32_t>::max();
  const cv::Mat3b unsigned_picture = picture_of(draw_preview(Array::of<std::uint32_t>({1, 3}, {1, most, 9}), side));
  EXPECT_EQ(unsigned_picture(0, 1), mask_colour);
  const cv::Mat3b signed_picture = picture_of(draw_preview(Array::of<std::int32_t>({1, 3}, {1, -2, 9}), side));
  EXPECT_EQ(signed_picture(0, 1), mask_colour);
  const cv::Mat3b float_picture = picture_of(draw_preview(Array::of<float>({1, 3}, {1, std::nanf(""), -9}), side));
  EXPECT_EQ(float_picture(0, 1), mask_colour);
  for (const auto& picture : {unsigned_picture, signed_picture, float_picture}) {
    EXPECT_NE(picture(0, 0), mask_colour);
    EXPECT_NE(picture(0, 2), mask_colour);
  }
}

TEST(Preview, averages_without_the_masked_pixels) {
  // Two blocks of 2 x 2: one with a masked pixel, one without; their valid pixels are equal.
  const Array pixels = Array::of<std::int32_t>({2, 6}, {8, -1, 8, 8, 0, 0, 8, 8, 8, 8, 0, 0});
  const cv::Mat3b picture = picture_of(draw_preview(pixels, 3));
  EXPECT_EQ(picture.size(), cv::Size(3, 1));
  EXPECT_EQ(picture(0, 0), picture(0, 1));
  EXPECT_NE(picture(0, 0), picture(0, 2));
}

TEST(Preview, tells_the_numbers_of_the_whole_frame) {
  const Preview preview = draw_preview(Array::of<std::int32_t>({2, 3}, {1, 2, 3, 4, -1, 90}), 1);
  EXPECT_EQ(preview.min, 1);
  EXPECT_EQ(preview.max, 90);
  EXPECT_EQ(preview.total, 100);
  EXPECT_EQ(preview.masked, 1U);
}

TEST(Preview, does_not_let_a_hot_pixel_decide_the_colours) {
  std::vector<std::int32_t> values(10000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::int32_t>(i % 100);
  values[5000] = 100000000;
  const Preview preview = draw_preview(Array::of<std::int32_t>({100, 100}, std::move(values)), side);
  EXPECT_LE(preview.high, 99);
  EXPECT_EQ(preview.max, 100000000);
}

TEST(Preview, shows_few_spots_on_an_empty_detector) {
  std::vector<std::uint16_t> values(10000, 0);
  values[1234] = 500;
  const cv::Mat3b picture = picture_of(draw_preview(Array::of<std::uint16_t>({100, 100}, std::move(values)), side));
  EXPECT_GT(brightness(picture(12, 34)), brightness(picture(50, 50)) + 300);
}

TEST(Preview, of_a_fully_masked_frame_has_no_numbers) {
  const Preview preview = draw_preview(Array::of<std::int16_t>({2, 2}, {-1, -1, -1, -1}), side);
  EXPECT_TRUE(std::isnan(preview.min));
  EXPECT_TRUE(std::isnan(preview.max));
  EXPECT_EQ(preview.total, 0);
  EXPECT_EQ(preview.masked, 4U);
  EXPECT_EQ(picture_of(preview)(1, 1), mask_colour);
}

TEST(Preview, refuses_what_is_not_an_image) {
  EXPECT_THROW((void)draw_preview(Array::of<std::uint8_t>({2, 1, 2}, {1, 2, 3, 4}), side), DataError);
  EXPECT_THROW((void)draw_preview(Array::of<std::uint8_t>({0, 4}, {}), side), DataError);
  EXPECT_THROW((void)draw_preview(Array::of<std::uint8_t>({}, {1}), side), DataError);
}

}  // namespace
}  // namespace annulus
