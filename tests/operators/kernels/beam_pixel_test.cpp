// SPDX-License-Identifier: BSD-3-Clause
// The pixel that the beam hits, which is all around it: no polygon of radius and azimuth.
#include <cmath>
#include <map>
#include <numbers>
#include <vector>

#include <gtest/gtest.h>

#include "operators/kernels/divider.hpp"

namespace annulus {
namespace {

constexpr double whole_turn = 2 * std::numbers::pi;

/// 11 x 11 pixels of 1 mm, 1 m away, the beam `row` and `col` from the lower corner of the one in the middle.
Poni around_beam(double row, double col) {
  Detector detector;
  detector.pixel1 = detector.pixel2 = 1e-3;
  detector.rows = detector.cols = 11;
  return {detector, 1, (5 + row) * 1e-3, (5 + col) * 1e-3, 0, 0, 0, 1e-10};
}

IntegrationOptions radius(double hi, std::size_t bins) {
  IntegrationOptions options;
  options.unit = RadialUnit::r_mm;
  options.split = Split::full;
  options.radial_range = Range{0, hi};
  options.bins = bins;
  return options;
}

std::map<std::size_t, double> parts_of_beam_pixel(const Poni& poni, const IntegrationOptions& options) {
  std::vector<Fraction> fractions;
  Divider(poni, options).divide(60, 61, fractions);
  std::map<std::size_t, double> parts;
  for (const Fraction& fraction : fractions) parts[fraction.bin] += fraction.part;
  return parts;
}

/// Area of a unit square around its centre within a circle of radius r about it.
double square_within(double r) {
  if (r >= std::numbers::sqrt2 / 2) return 1;
  if (r <= 0.5) return whole_turn / 2 * r * r;
  return 4 * (0.5 * std::sqrt(r * r - 0.25) + r * r * (whole_turn / 8 - std::acos(0.5 / r)));
}

TEST(BeamPixel, lies_in_rings_by_its_area_on_the_detector) {
  auto parts = parts_of_beam_pixel(around_beam(0.5, 0.5), radius(1, 20));
  for (std::size_t bin = 0; bin < 20; ++bin) {
    const double lo = 0.05 * static_cast<double>(bin);
    EXPECT_NEAR(parts[bin], square_within(lo + 0.05) - square_within(lo), 2e-4) << bin;
  }
}

TEST(BeamPixel, reaches_down_to_the_beam_wherever_that_hits_it) {
  auto parts = parts_of_beam_pixel(around_beam(0.3, 0.6), radius(1, 4));
  EXPECT_NEAR(parts[0], whole_turn / 2 * 0.25 * 0.25, 2e-4);
  EXPECT_NEAR(parts[0] + parts[1] + parts[2] + parts[3], 1, 1e-12);
}

TEST(BeamPixel, is_whole_in_every_unit_and_touches_no_bin_beyond_its_corners) {
  for (const RadialUnit unit : {RadialUnit::q_nm, RadialUnit::tth_deg, RadialUnit::d2_nm, RadialUnit::d_nm,
                                RadialUnit::log_q_nm, RadialUnit::log1p_q_nm}) {
    IntegrationOptions options;
    options.unit = unit;
    options.split = Split::full;
    options.bins = 50;
    const auto parts = parts_of_beam_pixel(around_beam(0.3, 0.6), options);
    double sum = 0;
    for (const auto& [bin, part] : parts) sum += part;
    EXPECT_NEAR(sum, 1, 1e-12) << info(unit).name;
    // Its nearest corner is at 0.5 mm and its farthest at 0.92 mm of 7.9 mm: d grows towards the beam.
    if (unit == RadialUnit::d_nm) {
      EXPECT_GT(parts.begin()->first, 20U);
    }
    if (unit == RadialUnit::q_nm || unit == RadialUnit::tth_deg) {
      EXPECT_LT(parts.rbegin()->first, 8U);
    }
  }
}

TEST(BeamPixel, is_left_out_of_a_range_that_it_does_not_reach) {
  IntegrationOptions options = radius(5, 4);
  options.radial_range = Range{1, 5};
  EXPECT_TRUE(parts_of_beam_pixel(around_beam(0.5, 0.5), options).empty());
}

TEST(BeamPixel, shares_its_azimuth_between_sectors_by_area) {
  IntegrationOptions options = radius(1, 1);
  options.azimuthal_bins = 8;
  options.sector = Sector{-22.5, 360};
  auto parts = parts_of_beam_pixel(around_beam(0.5, 0.5), options);
  // Eighths of a square about its sides and about its corners.
  const double side = 0.25 * std::tan(whole_turn / 16);
  for (std::size_t bin = 0; bin < 8; ++bin) EXPECT_NEAR(parts[bin], bin % 2 == 0 ? side : 0.25 - side, 2e-4) << bin;
}

}  // namespace
}  // namespace annulus
