// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/binning.hpp"

#include <limits>
#include <numeric>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

namespace annulus {
namespace {

/// Fractions of a single pixel per bin of [0, 10) in ten bins.
std::vector<double> fractions(double centre, double half_width, Range range = {0, 10}) {
  const std::size_t bins = 10;
  std::vector<double> out(bins + 1, 0.0);
  for (const Share& share : divide({{centre}, {half_width}}, {0}, {}, range, bins)) {
    out[share.bin] += share.lower;
    out[share.bin + 1] += share.upper;
  }
  EXPECT_EQ(out[bins], 0) << "nothing may fall behind the last bin";
  out.pop_back();
  return out;
}

double sum(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

TEST(Divide, puts_a_pixel_inside_one_bin_there) {
  EXPECT_EQ(fractions(3.5, 0.25), (std::vector<double>{0, 0, 0, 1, 0, 0, 0, 0, 0, 0}));
}

TEST(Divide, shares_a_pixel_by_length) {
  const auto f = fractions(4.0, 0.5);
  EXPECT_DOUBLE_EQ(f[3], 0.5);
  EXPECT_DOUBLE_EQ(f[4], 0.5);
  const auto wide = fractions(5.0, 2.5);  // 2.5 to 7.5
  EXPECT_DOUBLE_EQ(wide[2], 0.1);
  for (const std::size_t bin : {3U, 4U, 5U, 6U}) EXPECT_DOUBLE_EQ(wide[bin], 0.2);
  EXPECT_DOUBLE_EQ(wide[7], 0.1);
  EXPECT_DOUBLE_EQ(sum(wide), 1);
}

TEST(Divide, drops_what_is_outside_the_range) {
  const auto above = fractions(10.0, 1.0);
  EXPECT_DOUBLE_EQ(above[9], 0.5);
  EXPECT_DOUBLE_EQ(sum(above), 0.5);
  const auto below = fractions(5.0, 1.0, {5, 15});
  EXPECT_DOUBLE_EQ(below[0], 0.5);
  EXPECT_DOUBLE_EQ(sum(below), 0.5);
  EXPECT_EQ(sum(fractions(12.0, 1.0)), 0);
  EXPECT_EQ(sum(fractions(2.0, 1.0, {5, 15})), 0);
}

TEST(Divide, counts_at_zero_what_a_pixel_at_the_beam_would_have_below) {
  const auto f = fractions(0.2, 0.8);  // -0.6 to 1.0
  EXPECT_DOUBLE_EQ(f[0], 1);
  const auto wide = fractions(0.5, 2.0);  // -1.5 to 2.5
  EXPECT_DOUBLE_EQ(wide[0], 0.625);
  EXPECT_DOUBLE_EQ(wide[1], 0.25);
  EXPECT_DOUBLE_EQ(wide[2], 0.125);
  EXPECT_DOUBLE_EQ(sum(fractions(0.5, 2.0, {1, 11})), 1.5 / 4);
}

TEST(Divide, takes_the_lower_edge_of_a_bin_and_leaves_the_upper) {
  const CoordinateMap map{{5.0, 10.0, 0.0, 9.999999}, {}};
  const auto shares = divide(map, {0, 0, 0, 0}, {}, {0, 10}, 10);
  ASSERT_EQ(shares.size(), 3U);
  EXPECT_EQ(shares[0].bin, 5U);
  EXPECT_EQ(shares[1].bin, 0U);
  EXPECT_EQ(shares[2].bin, 9U);
}

TEST(Divide, leaves_out_masked_pixels_and_scales_by_the_sector) {
  const CoordinateMap map{{1.5, 2.5, 3.5}, {}};
  const auto shares = divide(map, {0, 1, 0}, {0.25, 1, 0}, {0, 10}, 10);
  ASSERT_EQ(shares.size(), 1U);
  EXPECT_EQ(shares[0].pixel, 0U);
  EXPECT_EQ(shares[0].lower, 0.25);
}

TEST(Divide, adds_up_for_neighbouring_ranges) {
  for (double centre = 0.05; centre < 10; centre += 0.173) {
    const double parts = sum(fractions(centre, 0.7, {0, 4.3})) + sum(fractions(centre, 0.7, {4.3, 12}));
    EXPECT_NEAR(parts, 1, 1e-14) << centre;
  }
}

TEST(Divide, goes_below_zero_where_the_unit_does) {
  const std::vector<Share> shares = divide({{0.5}, {1}}, {0}, {}, {-1, 3}, 4, -std::numeric_limits<double>::infinity());
  ASSERT_EQ(shares.size(), 2U);
  EXPECT_NEAR(shares[0].lower, 0.25, 1e-15);  // -0.5 to 0
  EXPECT_NEAR(shares[0].upper, 0.5, 1e-15);
  EXPECT_NEAR(shares[1].lower, 0.25, 1e-15);
}

TEST(RangeOf, spans_the_pixels_that_are_not_masked) {
  const CoordinateMap map{{5, 1, 9}, {0.5, 0.5, 0.5}};
  const Range range = range_of(map, {0, 0, 1});
  EXPECT_EQ(range.lo, 0.5);
  EXPECT_NEAR(range.hi, 5.5 * (1 + 1.1920929e-7), 1e-12);
  EXPECT_GT(range.hi, 5.5);
}

TEST(RangeOf, does_not_reach_below_zero) { EXPECT_EQ(range_of({{0.3, 4}, {0.5, 0.5}}, {0, 0}).lo, 0); }

TEST(RangeOf, reaches_below_zero_where_the_unit_does) {
  const Range range = range_of({{-0.3, -4}, {0.5, 0.5}}, {0, 0}, -10);
  EXPECT_EQ(range.lo, -4.5);
  EXPECT_NEAR(range.hi, 0.2, 1e-7);
}

TEST(RangeOf, leaves_out_pixels_at_infinity) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_NEAR(range_of({{1, infinity, 2}, {}}, {0, 0, 0}).hi, 2, 1e-6);
}

TEST(RangeOf, refuses_a_mask_that_leaves_nothing) { EXPECT_THROW((void)range_of({{1, 2}, {}}, {1, 1}), ConfigError); }

TEST(Sector, holds_centres_half_open_around_the_circle) {
  EXPECT_EQ(fraction_in_sector(20, 0, {20, 40}), 1);
  EXPECT_EQ(fraction_in_sector(40, 0, {20, 40}), 0);
  for (const Range sector : {Range{170, 190}, Range{170, -170}, Range{-190, -170}, Range{530, 550}}) {
    EXPECT_EQ(fraction_in_sector(175, 0, sector), 1);
    EXPECT_EQ(fraction_in_sector(-175, 0, sector), 1);
    EXPECT_EQ(fraction_in_sector(180, 0, sector), 1);
    EXPECT_EQ(fraction_in_sector(-180, 0, sector), 1);
    EXPECT_EQ(fraction_in_sector(165, 0, sector), 0);
    EXPECT_EQ(fraction_in_sector(-165, 0, sector), 0);
    EXPECT_EQ(fraction_in_sector(0, 0, sector), 0);
  }
}

// pyFAI's issue 2449: sectors that start behind the cut.
TEST(Sector, may_start_at_a_larger_angle_than_it_ends) {
  EXPECT_EQ(fraction_in_sector(180, 0, {90, -90}), 1);
  EXPECT_EQ(fraction_in_sector(-100, 0, {90, -90}), 1);
  EXPECT_EQ(fraction_in_sector(0, 0, {90, -90}), 0);
  EXPECT_EQ(fraction_in_sector(0, 0, {-90, 90}), 1);
  EXPECT_EQ(fraction_in_sector(180, 0, {-90, 90}), 0);
}

TEST(Sector, of_a_whole_turn_holds_everything) {
  for (double centre = -180; centre <= 180; centre += 7.5) {
    EXPECT_EQ(fraction_in_sector(centre, 0, {-180, 180}), 1);
    EXPECT_NEAR(fraction_in_sector(centre, 3, {33, 393}), 1, 1e-14);
  }
}

TEST(Sector, takes_the_fraction_of_a_pixel_that_is_inside) {
  EXPECT_NEAR(fraction_in_sector(20, 4, {20, 40}), 0.5, 1e-14);
  EXPECT_NEAR(fraction_in_sector(40, 4, {20, 40}), 0.5, 1e-14);
  EXPECT_NEAR(fraction_in_sector(179, 4, {170, 190}), 1, 1e-14);
  EXPECT_NEAR(fraction_in_sector(-172, 4, {170, 190}), 0.75, 1e-14);
  EXPECT_NEAR(fraction_in_sector(0, 180, {10, 100}), 0.25, 1e-14);
}

TEST(Sector, of_neighbours_adds_up) {
  for (double centre = -180; centre < 180; centre += 1.7) {
    double total = 0;
    for (int i = 0; i < 9; ++i) total += fraction_in_sector(centre, 5, {40.0 * i - 77, 40.0 * (i + 1) - 77});
    EXPECT_NEAR(total, 1, 1e-13);
  }
}

}  // namespace
}  // namespace annulus
