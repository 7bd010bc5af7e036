// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/geometry/coordinates.hpp"

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

#include "detectors/geometry/arctangent.hpp"

namespace annulus {
namespace {

/// Points in all directions, near the axes and far from them, from micrometres to metres.
std::vector<LabPoint> many_points() {
  std::mt19937 random(1);
  std::normal_distribution<double> normal;
  std::vector<LabPoint> points;
  for (const double x : {1.0, 1e-6}) {
    for (const double y : {1.0, 1e-6}) {
      for (const double z : {1.0, 1e-6, -1e-6, -1.0}) {
        for (int i = 0; i < 200; ++i) points.push_back({y * normal(random), x * normal(random), z * normal(random)});
      }
    }
  }
  return points;
}

std::vector<double> radial(RadialUnit unit, const std::vector<LabPoint>& points) {
  std::vector<double> out(points.size());
  RadialCoordinate(unit, 1e-10)(points, out);
  return out;
}

TEST(Arctangent, agrees_with_the_library_in_all_directions) {
  for (const LabPoint& p : many_points()) {
    EXPECT_NEAR(arctangent(p.y, p.x) / std::atan2(p.y, p.x), 1, 6e-16) << p.y << " " << p.x;
  }
}

TEST(Arctangent, knows_the_axes_and_their_signs) {
  for (const double y : {0.0, -0.0, 1.0, -1.0}) {
    for (const double x : {0.0, 1.0, -1.0}) {
      EXPECT_EQ(arctangent(y, x), std::atan2(y, x)) << y << " " << x;
      EXPECT_EQ(std::signbit(arctangent(y, x)), std::signbit(y));
    }
  }
  EXPECT_TRUE(std::isnan(arctangent(std::numeric_limits<double>::quiet_NaN(), 1)));
}

TEST(RadialCoordinate, agrees_with_the_definitions) {
  const std::vector<LabPoint> points = many_points();
  const std::vector<double> q = radial(RadialUnit::q_A, points), tth = radial(RadialUnit::tth_deg, points),
                            r = radial(RadialUnit::r_mm, points);
  for (std::size_t i = 0; i < points.size(); ++i) {
    EXPECT_NEAR(tth[i] / two_theta(points[i]), 1, 1e-15);
    EXPECT_NEAR(q[i] / (40 * pi * std::sin(two_theta(points[i]) / 2)), 1, 2e-15);
    EXPECT_NEAR(r[i] / std::hypot(points[i].x, points[i].y), 1, 1e-15);
  }
}

TEST(RadialCoordinate, is_exact_in_the_beam_and_against_it) {
  const std::vector<LabPoint> points{{0, 0, 0.1}, {0, 0, -0.1}, {0, 0, 0}};
  EXPECT_EQ(radial(RadialUnit::q_nm, points), (std::vector<double>{0, 40 * pi, 0}));
  EXPECT_EQ(radial(RadialUnit::tth_rad, points), (std::vector<double>{0, pi, 0}));
}

TEST(RadialCoordinate, needs_a_wavelength_for_q) {
  EXPECT_THROW((RadialCoordinate{RadialUnit::q_nm, std::nullopt}), ConfigError);
  EXPECT_NO_THROW((RadialCoordinate{RadialUnit::r_mm, std::nullopt}));
}

TEST(PolarizationFactors, agree_with_the_definition) {
  const std::vector<LabPoint> points = many_points();
  std::vector<double> factors(points.size()), chi(points.size());
  for (const double offset : {0.0, 0.3, pi / 2}) {
    polarization_factors(points, 0.9, offset, factors);
    for (std::size_t i = 0; i < points.size(); ++i) {
      const double cosine = std::cos(two_theta(points[i])), turned = std::cos(2 * (azimuth(points[i]) + offset));
      EXPECT_NEAR(factors[i], 0.5 * (1 + cosine * cosine - 0.9 * turned * (1 - cosine * cosine)), 2e-15);
    }
  }
}

}  // namespace
}  // namespace annulus
