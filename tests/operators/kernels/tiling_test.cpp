// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/tiling.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace annulus {
namespace {

constexpr std::pair<std::size_t, std::size_t> shapes[] = {{1, 1},     {1, 1280},  {1, 100'000}, {100'000, 1},
                                                          {3, 5000},  {90, 120},  {33, 513},    {1043, 981},
                                                          {64, 8192}, {17, 8193}, {619, 487},   {2162, 2068}};

TEST(Tiling, has_every_pixel_in_one_tile) {
  for (const auto& [rows, cols] : shapes) {
    const Tiling tiling(rows, cols);
    std::vector<int> seen(rows * cols);
    for (std::size_t k = 0; k < tiling.tiles(); ++k) {
      const Tile tile = tiling.tile(k);
      std::set<std::size_t> places;
      for_each_place(tiling, tile, [&](std::size_t place) {
        ASSERT_LT(place, tile_pixels);
        EXPECT_TRUE(places.insert(place).second);
        ++seen.at(tiling.pixel(tile, place));
      });
      EXPECT_FALSE(places.empty());
    }
    EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), static_cast<std::ptrdiff_t>(rows * cols)) << rows << "x" << cols;
  }
}

TEST(Tiling, has_bands_of_whole_rows) {
  for (const auto& [rows, cols] : shapes) {
    const Tiling tiling(rows, cols);
    EXPECT_EQ(tiling.tiles(), tiling.bands() * tiling.across());
    std::size_t next = 0;
    for (std::size_t k = 0; k < tiling.bands(); ++k) {
      const Tile band = tiling.band(k);
      EXPECT_EQ(band.row, next);
      EXPECT_EQ(band.cols, cols);
      EXPECT_EQ(tiling.tile(k * tiling.across()).row, band.row);
      next += band.rows;
    }
    EXPECT_EQ(next, rows);
  }
}

TEST(Tiling, wastes_little_of_a_tile) {
  const Tiling tiling(2162, 2068);
  EXPECT_EQ(tiling.pitch() % Tiling::pitch_unit, 0U);
  EXPECT_LT(tiling.tiles() * tile_pixels, 1.06 * 2162 * 2068);
}

TEST(Tiling, has_nothing_behind_the_last_tile) {
  const Tiling tiling(90, 120);
  EXPECT_EQ(tiling.tile(tiling.tiles()).rows, 0U);
}

}  // namespace
}  // namespace annulus
