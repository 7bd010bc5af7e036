// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/plan.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include <gtest/gtest.h>

#include "tests/operators/kernels/small_detector.hpp"

namespace annulus {
namespace {

using testing::small_options;
using testing::small_poni;

std::vector<PlanPart> parts_of(const std::vector<Fraction>& pixel) {
  std::vector<PlanPart> parts;
  quantize(pixel, parts);
  return parts;
}

TEST(Quantize, gives_two_neighbours_what_adds_up_to_the_whole) {
  const auto parts = parts_of({{7, 3, 0.25}, {7, 4, 0.75}});
  ASSERT_EQ(parts.size(), 1U);
  EXPECT_EQ(parts[0].lower, 3U);
  EXPECT_EQ(parts[0].upper, 4U);
  EXPECT_NEAR(parts[0].part, 0.75 * part_unit, 0.5);
}

TEST(Quantize, leaves_a_pixel_in_one_bin_whole) {
  const auto parts = parts_of({{0, 9, 1.0}});
  ASSERT_EQ(parts.size(), 1U);
  EXPECT_EQ(parts[0].lower, 9U);
  EXPECT_EQ(parts[0].part, 0);
}

TEST(Quantize, says_what_was_rounded) {
  const auto parts = parts_of({{0, 9, 1e-6}, {0, 10, 1 - 1e-6}});
  ASSERT_EQ(parts.size(), 1U);
  EXPECT_EQ(parts[0].lower, 9U);
  EXPECT_EQ(parts[0].part, part_unit);
  EXPECT_NEAR(1 - exact_part(parts[0]), 1e-6, 1.0 / part_unit / rest_unit);
  double sum = 0;
  const std::vector<Fraction> three{{0, 1, 0.2}, {0, 2, 1e-7}, {0, 3, 0.7999999}};
  const auto parts_of_three = parts_of(three);
  ASSERT_EQ(parts_of_three.size(), three.size());
  for (std::size_t k = 0; k < three.size(); ++k) {
    EXPECT_NEAR(exact_part(parts_of_three[k]), three[k].part, 1.0 / part_unit / rest_unit);
    sum += exact_part(parts_of_three[k]);
  }
  EXPECT_DOUBLE_EQ(sum, 1);
}

TEST(Quantize, lists_the_parts_of_a_pixel_over_three_bins) {
  const auto parts = parts_of({{0, 1, 1.0 / 3}, {0, 2, 1.0 / 3}, {0, 3, 1.0 / 3}});
  ASSERT_EQ(parts.size(), 3U);
  double sum = 0;
  for (const PlanPart& part : parts) {
    EXPECT_EQ(part.lower, PlanRow::none);
    sum += exact_part(part);
  }
  EXPECT_DOUBLE_EQ(sum, 1);
}

TEST(Quantize, keeps_what_lies_outside_outside) {
  const auto parts = parts_of({{0, 1, 0.5}});
  ASSERT_EQ(parts.size(), 1U);
  EXPECT_EQ(parts[0].lower, PlanRow::none);
  EXPECT_EQ(parts[0].upper, 1U);
  EXPECT_EQ(parts[0].part, half_unit);
}

/// All entries, by pixel and bin.
std::map<std::pair<std::size_t, std::uint32_t>, double> entries_of(const Plan& plan) {
  std::map<std::pair<std::size_t, std::uint32_t>, double> entries;
  for (std::size_t k = 0; k < plan.tiling().tiles(); ++k) {
    const Tile tile = plan.tiling().tile(k);
    for_each_entry(plan, k, [&](std::size_t place, const PlanPart& part) {
      const std::size_t pixel = plan.tiling().pixel(tile, place);
      const double upper = exact_part(part);
      if (part.lower != PlanRow::none && upper < 1) entries[{pixel, part.lower}] += 1 - upper;
      if (part.upper != PlanRow::none && upper > 0) entries[{pixel, part.upper}] += upper;
    });
  }
  return entries;
}

TEST(Plan, holds_the_fractions_of_every_pixel) {
  for (const std::size_t bins : {1, 10, 64, 1000}) {
    IntegrationOptions options = small_options();
    options.bins = bins;
    const Divider divider(small_poni(), options);
    const Plan plan(divider, 1);
    std::vector<Fraction> fractions;
    divider.divide(0, divider.pixels(), fractions);
    auto entries = entries_of(plan);
    std::size_t found = 0;
    for (const Fraction& fraction : fractions) {
      const auto at = entries.find({fraction.pixel, fraction.bin});
      found += at != entries.end();
      EXPECT_NEAR(at == entries.end() ? 0 : at->second, fraction.part, 2.0 / part_unit / rest_unit) << bins << " bins";
    }
    EXPECT_EQ(found, entries.size());
  }
}

TEST(Plan, does_not_depend_on_threads) {
  const Divider divider(small_poni(), small_options());
  const Plan one(divider, 1);
  const Plan three(divider, 3);
  EXPECT_EQ(entries_of(one), entries_of(three));
  ASSERT_EQ(one.rows().size(), three.rows().size());
  for (std::size_t row = 0; row < one.rows().size(); ++row) EXPECT_EQ(one.rows()[row].upper, three.rows()[row].upper);
}

TEST(Plan, opens_another_row_when_one_is_full) {
  IntegrationOptions options = small_options();
  options.bins = 1;
  Poni poni = small_poni();
  poni.detector.rows = 300;
  poni.detector.cols = 400;
  const Plan plan(Divider(poni, options), 2);
  std::vector<std::size_t> filled(plan.rows().size());
  for (std::size_t tile = 0; tile < plan.tiling().tiles(); ++tile) {
    for (const PlanSlice& slice : plan.slices(tile)) {
      for (std::size_t lane = 0; lane < plan_lanes; ++lane) {
        for (std::size_t k = lane; k < plan_lanes * slice.steps; k += plan_lanes) {
          const std::uint16_t place = plan.places(slice)[k];
          if (place != 2 * tile_pixels) filled[slice.rows[lane]] += (place & alone_flag) != 0 ? 1 : 2;
        }
      }
    }
  }
  EXPECT_EQ(std::accumulate(filled.begin(), filled.end(), std::size_t{0}), 300U * 400U);
  EXPECT_LE(*std::ranges::max_element(filled), fullest_row);
  EXPECT_EQ(filled.back(), 0U);
}

}  // namespace
}  // namespace annulus
