// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/geometry/sensor.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

#include "detectors/geometry/parallax.hpp"

namespace annulus {
namespace {

TEST(Attenuation, is_that_of_the_tables) {
  EXPECT_NEAR(attenuation("Si", 10000), 33.89 * 2.329 * 100, 1e-9);
  EXPECT_NEAR(attenuation("Gd2O2S", 1000000), attenuation("Gd2O2S", 1000001), 0.01);
}

TEST(Attenuation, follows_a_power_of_the_energy_between_them) {
  EXPECT_NEAR(attenuation("Si", 12000) / 232.9, 33.89 * std::pow(1.2, std::log(10.34 / 33.89) / std::log(1.5)), 1e-9);
}

TEST(Attenuation, jumps_at_absorption_edges) {
  EXPECT_NEAR(attenuation("Ge", 11103.1) / attenuation("Ge", 11103.0), 198.1 / 28.11, 0.01);
}

TEST(Attenuation, refuses_what_is_not_tabulated) {
  EXPECT_THROW((void)attenuation("Sj", 10000), ConfigError);
  EXPECT_THROW((void)attenuation("Si", 900), ConfigError);
  EXPECT_THROW((void)attenuation("Si", 1e12), ConfigError);
  EXPECT_THROW((void)attenuation("Si", std::nan("")), ConfigError);
}

TEST(RelativeAbsorption, is_1_along_the_normal_and_grows_to_all_that_is_absorbed) {
  const std::vector<double> cosines{1, 0.5, 1e-6};
  std::vector<double> out(3);
  relative_absorption(cosines, 0.7, out);
  EXPECT_DOUBLE_EQ(out[0], 1);
  EXPECT_NEAR(out[1], (1 - std::exp(-1.4)) / (1 - std::exp(-0.7)), 1e-15);
  EXPECT_NEAR(out[2], 1 / (1 - std::exp(-0.7)), 1e-15);
}

TEST(ParallaxDisplacement, is_the_mean_depth_of_a_thick_sensor) {
  EXPECT_DOUBLE_EQ(Parallax::displacement(0.6, 5000, 0), 0.6 / 5000);
}

// The mean of x exp(-mu x) along the ray, by a sum over 100,000 steps.
TEST(ParallaxDisplacement, is_the_mean_depth_of_a_thin_sensor) {
  const double attenuation = 4000, thickness = 320e-6, sine = 0.6, path = thickness / 0.8;
  double moment = 0, all = 0;
  for (int i = 0; i < 100000; ++i) {
    const double x = path * (i + 0.5) / 100000;
    moment += x * std::exp(-attenuation * x);
    all += std::exp(-attenuation * x);
  }
  // pyFAI takes the attenuation along the normal, mu / cos, and the lateral way, sin / mu.
  const double depth = attenuation * path;
  const double formula = sine / attenuation * (1 - (depth + 1) * std::exp(-depth)) / (1 - std::exp(-depth));
  EXPECT_NEAR(moment / all * sine, formula, 1e-12);
  EXPECT_NEAR(Parallax::displacement(sine, attenuation, thickness), formula, 1e-18);
}

TEST(Parallax, finds_where_rays_come_in) {
  const double distance = 0.1, attenuation = 3000, thickness = 450e-6;
  const Parallax parallax(attenuation, thickness, distance);
  EXPECT_EQ(parallax.correction(0), 0);
  for (const double entry : {0.001, 0.03, 0.2, 1.0}) {
    const double seen = entry + Parallax::displacement(entry / std::hypot(entry, distance), attenuation, thickness);
    EXPECT_NEAR(parallax.correction(seen / std::hypot(seen, distance)), entry - seen, 1e-10);
  }
}

}  // namespace
}  // namespace annulus
