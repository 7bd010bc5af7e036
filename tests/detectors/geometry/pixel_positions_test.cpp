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
  EXPECT_NEAR(cosines[300], geometry.cos_incidence(12.5, 300.5), 1e-16);
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

TEST(PixelPositions, needs_a_shape) {
  Poni poni = tilted_poni();
  poni.detector.rows = 0;
  EXPECT_THROW(PixelPositions{poni}, ConfigError);
}

}  // namespace
}  // namespace annulus
