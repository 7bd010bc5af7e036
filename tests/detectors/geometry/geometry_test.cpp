// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/geometry/geometry.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

namespace annulus {
namespace {

Poni simple_poni() {
  Detector detector;
  detector.pixel1 = 1e-4;
  detector.pixel2 = 1e-4;
  return {detector, 0.1, 0, 0, 0, 0, 0, 1e-10};
}

TEST(Geometry, has_the_beam_at_the_poni_without_rotations) {
  Poni poni = simple_poni();
  poni.poni1 = 5e-3;
  poni.poni2 = 2e-3;
  const LabPoint p = Geometry(poni).position(50, 20);
  EXPECT_NEAR(two_theta(p), 0, 1e-15);
  EXPECT_EQ(p.z, 0.1);
}

TEST(Geometry, counts_the_azimuth_from_the_columns_towards_the_rows) {
  const Geometry geometry(simple_poni());
  EXPECT_DOUBLE_EQ(azimuth(geometry.position(0, 100)), 0);
  EXPECT_DOUBLE_EQ(azimuth(geometry.position(100, 0)), pi / 2);
  EXPECT_DOUBLE_EQ(azimuth(geometry.position(-100, -100)), -3 * pi / 4);
}

TEST(Geometry, turns_left_handed_about_1_and_2_and_right_handed_about_the_beam) {
  Poni poni = simple_poni();
  poni.rot1 = pi / 2;
  LabPoint p = Geometry(poni).position(0, 0);  // the PONI, on the beam before
  EXPECT_NEAR(p.x, 0.1, 1e-15);
  EXPECT_NEAR(p.z, 0, 1e-15);
  poni.rot1 = 0;
  poni.rot2 = pi / 2;
  p = Geometry(poni).position(0, 0);
  EXPECT_NEAR(p.y, -0.1, 1e-15);
  poni.rot2 = 0;
  poni.rot3 = pi / 2;
  p = Geometry(poni).position(0, 100);  // on +x before
  EXPECT_NEAR(p.y, -0.01, 1e-15);
  EXPECT_NEAR(p.x, 0, 1e-15);
}

TEST(Geometry, keeps_lengths_under_any_rotation) {
  Poni poni = simple_poni();
  const LabPoint before = Geometry(poni).position(123, 456);
  poni.rot1 = 0.3;
  poni.rot2 = -1.1;
  poni.rot3 = 2.5;
  const LabPoint after = Geometry(poni).position(123, 456);
  EXPECT_NEAR(std::hypot(after.x, after.y, after.z), std::hypot(before.x, before.y, before.z), 1e-15);
}

TEST(Geometry, shifts_only_the_azimuth_when_turned_about_the_beam) {
  Poni poni = simple_poni();
  poni.rot1 = 0.1;
  poni.rot2 = 0.2;
  const LabPoint before = Geometry(poni).position(300, 200);
  poni.rot3 = -0.25;
  const LabPoint after = Geometry(poni).position(300, 200);
  EXPECT_NEAR(two_theta(after), two_theta(before), 1e-15);
  EXPECT_NEAR(std::abs(azimuth(after) - azimuth(before)), 0.25, 1e-14);
}

// Values of pyFAI 2026.9 for a strongly tilted Pilatus 100k.
TEST(Geometry, agrees_with_pyfai_when_tilted) {
  const Poni poni{find_detector("Pilatus100k").value(), 0.0999, 0.0058, 0.0469, 0.34, -0.52, 0.13, 1.23e-10};
  const Geometry geometry(poni);
  struct Expected {
    double row, col, tth, chi, q, r, solid_angle, polarization;
  };
  for (const Expected& e : {Expected{10.5, 20.5, 0.4878444797170891, 1.5896474649742551, 24.67407981463562,
                                     51.08276787138651, 0.7702323153552117, 0.9669901728630066},
                            Expected{190.5, 400.5, 0.9449135169884001, 0.7587817410795796, 46.493046189397994,
                                     85.7334158239496, 0.8422068729614629, 0.6593565940856934}}) {
    const LabPoint p = geometry.position(e.row, e.col);
    EXPECT_NEAR(geometry.radial(RadialUnit::tth_rad, p), e.tth, 1e-14);
    EXPECT_NEAR(geometry.radial(RadialUnit::tth_deg, p), e.tth * 180 / pi, 1e-12);
    EXPECT_NEAR(azimuth(p), e.chi, 1e-7);  // a float in pyFAI, as are solid angle and polarization
    EXPECT_NEAR(geometry.radial(RadialUnit::q_nm, p), e.q, 1e-12);
    EXPECT_NEAR(geometry.radial(RadialUnit::q_A, p), e.q / 10, 1e-13);
    EXPECT_NEAR(geometry.radial(RadialUnit::r_mm, p), e.r, 1e-12);
    EXPECT_NEAR(geometry.solid_angle(e.row, e.col), e.solid_angle, 1e-7);
    EXPECT_NEAR(polarization_factor(two_theta(p), azimuth(p), 0.7), e.polarization, 1e-7);
  }
}

TEST(Geometry, gives_bragg_s_law) {
  const Geometry geometry(simple_poni());
  const LabPoint p = geometry.position(0, 600);
  const double q = geometry.radial(RadialUnit::q_nm, p);            // [1/nm]
  const double spacing = 1e-10 / (2 * std::sin(two_theta(p) / 2));  // [m]
  EXPECT_NEAR(q, 2 * pi / (spacing * 1e9), 1e-12);
}

TEST(Geometry, has_the_full_solid_angle_at_the_poni_whatever_the_tilt) {
  Poni poni = simple_poni();
  poni.rot1 = 0.7;
  const Geometry geometry(poni);
  EXPECT_DOUBLE_EQ(geometry.solid_angle(0, 0), 1);
  EXPECT_NEAR(geometry.solid_angle(0, 1000), std::pow(0.5, 1.5), 1e-15);  // 45 degrees
}

TEST(Geometry, has_no_q_without_a_wavelength) {
  Poni poni = simple_poni();
  EXPECT_TRUE(Geometry(poni).is_defined(RadialUnit::q_A));
  poni.wavelength.reset();
  EXPECT_FALSE(Geometry(poni).is_defined(RadialUnit::q_A));
  EXPECT_TRUE(Geometry(poni).is_defined(RadialUnit::tth_deg));
}

TEST(Geometry, refuses_numbers_that_cannot_be) {
  for (const double distance : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
    Poni poni = simple_poni();
    poni.distance = distance;
    EXPECT_THROW(Geometry{poni}, ConfigError) << distance;
  }
}

// The grid of pyFAI's test_polarization: the detector seen under -180 to 180 degrees both ways.
TEST(Polarization, follows_the_angle_to_the_plane_of_polarization) {
  for (int i = -6; i <= 6; ++i) {
    const double tth = std::abs(30.0 * i) * rad_per_deg;
    const double cos2 = std::cos(tth) * std::cos(tth);
    for (int j = -6; j <= 6; ++j) {
      EXPECT_DOUBLE_EQ(polarization_factor(tth, 30.0 * j * rad_per_deg, 0), (1 + cos2) / 2);
    }
    EXPECT_NEAR(polarization_factor(tth, pi / 2, 1), 1, 1e-15);
    EXPECT_NEAR(polarization_factor(tth, 0, 1), cos2, 1e-15);
    EXPECT_NEAR(polarization_factor(tth, 0, -1), 1, 1e-15);
    EXPECT_NEAR(polarization_factor(tth, pi / 2, -1), cos2, 1e-15);
  }
}

}  // namespace
}  // namespace annulus
