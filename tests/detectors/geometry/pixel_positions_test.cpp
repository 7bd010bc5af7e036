// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/geometry/pixel_positions.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

namespace annulus {
namespace {

Poni tilted_poni() {
  return {find_detector("Pilatus100k").value(), 0.0999, 0.0058, 0.0469, 0.34, -0.52, 0.13, 1.23e-10};
}

void expect_near(const LabPoint& a, const LabPoint& b) {
  EXPECT_NEAR(a.x, b.x, 1e-16);
  EXPECT_NEAR(a.y, b.y, 1e-16);
  EXPECT_NEAR(a.z, b.z, 1e-16);
}

TEST(PixelPositions, puts_centres_half_a_pixel_from_the_corners) {
  const Poni poni = tilted_poni();
  const PixelPositions pixels(poni);
  const Geometry geometry(poni);
  std::vector<LabPoint> centres(pixels.cols());
  pixels.centres(12, centres);
  expect_near(centres[0], geometry.position(12.5, 0.5));
  expect_near(centres[486], geometry.position(12.5, 486.5));
  std::vector<double> cosines(pixels.cols());
  pixels.cos_incidence(12, cosines);
  EXPECT_DOUBLE_EQ(cosines[300], geometry.cos_incidence(12.5, 300.5));
}

TEST(PixelPositions, names_the_corners_as_pyfai_does) {
  const Poni poni = tilted_poni();
  const PixelPositions pixels(poni);
  const Geometry geometry(poni);
  ASSERT_TRUE(pixels.shares_corners());
  std::vector<LabPoint> line(pixels.cols() + 1);
  pixels.corner_line(195, line);
  expect_near(line[487], geometry.position(195, 487));
  std::vector<std::array<LabPoint, 4>> corners(pixels.cols());
  pixels.corners(20, corners);
  expect_near(corners[30][0], geometry.position(20, 30));
  expect_near(corners[30][1], geometry.position(21, 30));
  expect_near(corners[30][2], geometry.position(21, 31));
  expect_near(corners[30][3], geometry.position(20, 31));
}

/// Centre of the pixel `row`, `col` of the tilted detector in an orientation.
LabPoint centre(Orientation orientation, OrientationConvention convention, std::size_t row, std::size_t col) {
  Poni poni = tilted_poni();
  poni.detector.orientation = orientation;
  poni.convention = convention;
  const PixelPositions pixels(poni);
  std::vector<LabPoint> centres(pixels.cols());
  pixels.centres(row, centres);
  return centres[col];
}

TEST(PixelPositions, counts_from_the_other_end_in_other_orientations) {
  constexpr auto single = OrientationConvention::single_flip;
  const LabPoint native = centre(Orientation::bottom_right, single, 12, 30);
  expect_near(centre(Orientation::top_left, single, 194 - 12, 486 - 30), native);
  expect_near(centre(Orientation::top_right, single, 194 - 12, 30), native);
  expect_near(centre(Orientation::bottom_left, single, 12, 486 - 30), native);
}

TEST(PixelPositions, turns_the_axes_back_where_the_convention_flips_twice) {
  const LabPoint native = centre(Orientation::bottom_right, OrientationConvention::double_flip, 12, 30);
  expect_near(native, centre(Orientation::bottom_right, OrientationConvention::single_flip, 12, 30));
  const LabPoint turned = centre(Orientation::top_right, OrientationConvention::double_flip, 194 - 12, 30);
  expect_near(turned, {-native.y, native.x, native.z});
  const LabPoint mirrored = centre(Orientation::bottom_left, OrientationConvention::double_flip, 12, 486 - 30);
  expect_near(mirrored, {native.y, -native.x, native.z});
}

TEST(PixelPositions, needs_a_shape) {
  Poni poni = tilted_poni();
  poni.detector.rows = 0;
  EXPECT_THROW(PixelPositions{poni}, ConfigError);
}

}  // namespace
}  // namespace annulus
