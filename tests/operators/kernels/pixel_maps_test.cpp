// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/pixel_maps.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

namespace annulus {
namespace {

/// 4 x 6 pixels of 1 mm, 1 m away, the beam in the middle.
Poni small_poni() {
  Detector detector;
  detector.pixel1 = 1e-3;
  detector.pixel2 = 1e-3;
  detector.rows = 4;
  detector.cols = 6;
  return {detector, 1, 2e-3, 3e-3, 0, 0, 0, 1e-10};
}

/// Of all pixels, row after row.
struct AllOf {
  std::vector<double> centre;
  std::vector<double> half_width;

  AllOf(const Poni& poni, CoordinateMap map) {
    for (std::size_t row = 0; row < poni.detector.rows; ++row) {
      const CoordinateRow of_row = map.of_row(row);
      centre.insert(centre.end(), of_row.centre.begin(), of_row.centre.end());
      half_width.insert(half_width.end(), of_row.half_width.begin(), of_row.half_width.end());
    }
  }
};

TEST(RadialMap, has_centres_and_the_distance_to_the_farthest_corner) {
  const Poni poni = small_poni();
  const PixelPositions positions(poni);
  const AllOf map(poni, radial_map(positions, {RadialUnit::r_mm, {}}, RadialUnit::r_mm, Split::bbox));
  ASSERT_EQ(map.centre.size(), 24U);
  EXPECT_NEAR(map.centre[0], std::hypot(1.5, 2.5), 1e-12);
  EXPECT_NEAR(map.half_width[0], std::hypot(2, 3) - std::hypot(1.5, 2.5), 1e-6);
  const std::size_t next_to_beam = 2 * 6 + 3;
  EXPECT_NEAR(map.centre[next_to_beam], std::hypot(0.5, 0.5), 1e-12);
  EXPECT_NEAR(map.half_width[next_to_beam], std::hypot(0.5, 0.5), 1e-6);
}

TEST(RadialMap, has_no_widths_without_splitting) {
  const Poni poni = small_poni();
  const PixelPositions positions(poni);
  CoordinateMap map = radial_map(positions, {RadialUnit::r_mm, {}}, RadialUnit::r_mm, Split::no);
  EXPECT_TRUE(map.of_row(0).half_width.empty());
}

TEST(AzimuthMap, measures_across_the_cut_the_short_way) {
  Poni poni = small_poni();
  poni.poni1 = 2.5e-3;  // the third row lies on the cut
  const PixelPositions positions(poni);
  const AllOf map(poni, azimuth_map(positions, Split::bbox));
  const std::size_t on_the_cut = 2 * 6;
  EXPECT_NEAR(std::abs(map.centre[on_the_cut]), 180, 1e-10);
  EXPECT_NEAR(map.half_width[on_the_cut], std::atan2(0.5, 2) * deg_per_rad, 1e-4);
}

TEST(NormalizationMap, multiplies_flat_field_solid_angle_and_polarization) {
  const Poni poni = small_poni();
  const Geometry geometry(poni);
  IntegrationOptions options;
  options.solid_angle = SolidAngle::ignore;
  EXPECT_EQ(normalization_map(PixelPositions(poni), poni.detector, options), LargeVector<double>(24, 1.0));

  options.solid_angle = SolidAngle::correct;
  options.polarization = 0.9;
  options.flat = Array::of({4, 6}, std::vector<float>(24, 2.0F));
  const auto map = normalization_map(PixelPositions(poni), poni.detector, options);
  const LabPoint p = geometry.position(0.5, 0.5);
  EXPECT_NEAR(map[0], 2 * geometry.solid_angle(0.5, 0.5) * polarization_factor(two_theta(p), azimuth(p), 0.9), 1e-14);
}

TEST(NormalizationMap, has_what_the_sensor_absorbs) {
  IntegrationOptions options;
  options.solid_angle = SolidAngle::ignore;
  options.sensor_depth = 0.7;
  const double cosine = 1 / std::sqrt(1 + 1.5e-3 * 1.5e-3 + 2.5e-3 * 2.5e-3);
  EXPECT_NEAR(normalization_map(PixelPositions(small_poni()), small_poni().detector, options)[0],
              (1 - std::exp(-0.7 / cosine)) / (1 - std::exp(-0.7)), 1e-14);
}

TEST(StaticMask, joins_mask_gaps_flat_and_dark) {
  Detector detector = small_poni().detector;
  detector.modules = ModuleLayout{4, 2, 0, 1, 0};  // columns 2 and 5 are gaps
  IntegrationOptions options;
  std::vector<std::uint8_t> mask(24, 0);
  mask[0] = 255;
  std::vector<float> flat(24, 1.0F), dark(24, 0.0F);
  flat[1] = 0;
  flat[3] = -1;
  flat[4] = std::numeric_limits<float>::infinity();
  dark[6] = std::numeric_limits<float>::quiet_NaN();
  options.mask = Array::of({4, 6}, mask);
  options.flat = Array::of({4, 6}, flat);
  options.dark = Array::of({4, 6}, dark);
  EXPECT_EQ(static_mask(detector, options), (std::vector<std::uint8_t>{1, 1, 1, 1, 1, 1,  //
                                                                       1, 0, 1, 0, 0, 1,  //
                                                                       0, 0, 1, 0, 0, 1,  //
                                                                       0, 0, 1, 0, 0, 1}));
}

TEST(StaticMask, names_both_shapes_when_they_differ) {
  IntegrationOptions options;
  options.mask = Array::of({2, 3}, std::vector<std::uint8_t>(6, 0));
  try {
    (void)static_mask(small_poni().detector, options);
    FAIL();
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(), "the mask is 2 x 3 but the detector Detector is 4 x 6 (they must have the same shape)");
  }
}

}  // namespace
}  // namespace annulus
