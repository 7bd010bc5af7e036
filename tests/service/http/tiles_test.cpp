// SPDX-License-Identifier: BSD-3-Clause
#include "service/http/tiles.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace annulus {
namespace {

const double nothing = std::nan("");

ColourLimits limits_of(std::vector<double> values) {
  const std::size_t count = values.size();
  return colour_limits(tile(Array::of<double>({1, count}, std::move(values)), {}));
}

TEST(Tiles, may_be_blocks_of_any_shape) {
  const Tiles tiles = tile(Array::of<double>({2, 5}, {1, 2, 3, 4, 5, 6, 7, 8, nothing, 10}), {.rows = 1, .cols = 2});
  EXPECT_EQ(tiles.rows, 2U);
  EXPECT_EQ(tiles.cols, 3U);
  EXPECT_EQ(tiles.mean, (std::vector<float>{1.5, 3.5, 5, 6.5, 8, 10}));
  EXPECT_EQ(tiles.min, 1);
  EXPECT_EQ(tiles.max, 10);
  EXPECT_EQ(tiles.valid, 9U);
}

TEST(ColourLimits, of_one_value_reach_to_zero) {
  EXPECT_EQ(limits_of({5, 5, nothing}).low, 0);
  EXPECT_EQ(limits_of({5, 5, nothing}).high, 5);
  EXPECT_EQ(limits_of({-5}).low, -5);
  EXPECT_EQ(limits_of({-5}).high, 0);
}

TEST(ColourLimits, differ_even_when_there_is_nothing) {
  for (const auto& limits : {limits_of({0, 0}), limits_of({nothing, nothing})}) {
    EXPECT_EQ(limits.low, 0);
    EXPECT_EQ(limits.high, 1);
  }
}

}  // namespace
}  // namespace annulus
