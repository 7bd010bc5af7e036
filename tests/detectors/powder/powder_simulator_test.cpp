// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/powder/powder_simulator.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

#include "operators/kernels/integrator.hpp"

namespace annulus {
namespace {

/// A Pilatus 100k with the beam in a corner, at 60 keV.
Poni test_poni() { return {find_detector("Pilatus100k").value(), 0.2, 0.002, 0.002, 0, 0, 0, 2.066e-11}; }

Pattern integrated(const Poni& poni, const Array& image, RadialUnit unit) {
  IntegrationOptions options;
  options.bins = 400;
  options.unit = unit;
  options.polarization = 0.99;
  options.error_model = ErrorModel::poisson;
  return Integrator(poni, options).integrate(image);
}

double position_of_highest(const Pattern& pattern, double lo, double hi) {
  double best = -1, at = 0;
  for (std::size_t i = 0; i < pattern.intensity.size(); ++i) {
    const double x = pattern.axis->centres[i];
    if (x > lo && x < hi && pattern.intensity[i] > best) {
      best = pattern.intensity[i];
      at = x;
    }
  }
  return at;
}

TEST(PowderSimulator, puts_rings_where_bragg_s_law_does) {
  const Poni poni = test_poni();
  PowderOptions options;
  options.peak_counts = 5000;
  const Pattern pattern = integrated(poni, PowderSimulator(poni, options).frame(0), RadialUnit::q_nm);
  for (const Reflection& r : reflections(find_calibrant("CeO2"), 1.5e-10)) {
    const double q = 2 * pi / (r.spacing * 1e9);
    EXPECT_NEAR(position_of_highest(pattern, q - 1, q + 1), q, 0.25) << r.h << r.k << r.l;
  }
}

TEST(PowderSimulator, repeats_a_frame_and_changes_the_next) {
  const PowderSimulator simulator(test_poni(), {});
  EXPECT_EQ(simulator.frame(3), simulator.frame(3));
  EXPECT_FALSE(simulator.frame(3) == simulator.frame(4));
}

TEST(PowderSimulator, scatters_counts_around_their_expectation_as_poisson_does) {
  const PowderSimulator simulator(test_poni(), {});
  const auto expected = simulator.expectation(0);
  const auto counts = simulator.frame(0).to_vector<double>();
  double chi2 = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) chi2 += std::pow(counts[i] - expected[i], 2) / expected[i];
  const double n = static_cast<double>(counts.size());
  EXPECT_NEAR(chi2 / n, 1, 0.02);
}

TEST(PowderSimulator, marks_gaps_as_the_detector_does) {
  Poni poni = test_poni();
  poni.detector = find_detector("Pilatus200k").value();
  PowderOptions options;
  const std::size_t in_gap = 200 * 487;
  EXPECT_EQ(PowderSimulator(poni, options).frame(0).as<std::int32_t>()[in_gap], -1);
  options.dtype = DType::u16;
  EXPECT_EQ(PowderSimulator(poni, options).frame(0).as<std::uint16_t>()[in_gap], 65535);
  options.dtype = DType::u32;
  EXPECT_EQ(PowderSimulator(poni, options).frame(0).as<std::uint32_t>()[in_gap], 4294967295U);
}

TEST(PowderSimulator, never_takes_strong_pixels_for_bad_ones) {
  PowderOptions options;
  options.dtype = DType::u16;
  options.peak_counts = 1e8;
  const auto pixels = PowderSimulator(test_poni(), options).frame(0).to_vector<double>();
  EXPECT_EQ(*std::ranges::max_element(pixels), 65527);
}

TEST(PowderSimulator, is_uniform_around_a_ring_after_the_corrections) {
  Poni poni = test_poni();
  PowderOptions options;
  options.calibrant = "LaB6";
  options.peak_counts = 2000;
  const Array image = PowderSimulator(poni, options).frame(0);
  IntegrationOptions sector;
  sector.bins = 1;
  sector.unit = RadialUnit::tth_rad;
  sector.radial_range = Range{0.03, 0.13};
  sector.polarization = 0.99;
  sector.error_model = ErrorModel::poisson;
  sector.sector = sector_between(5, 40);
  const Pattern one = Integrator(poni, sector).integrate(image);
  sector.sector = sector_between(50, 85);
  const Pattern other = Integrator(poni, sector).integrate(image);
  EXPECT_NEAR(one.intensity[0] / other.intensity[0], 1, 0.05);
}

TEST(PowderSimulator, moves_rings_as_the_lattice_grows_and_back) {
  PowderOptions options;
  options.strain_per_frame = 0.004;
  options.strain_limit = 0.01;
  const PowderSimulator simulator(test_poni(), options);
  EXPECT_DOUBLE_EQ(simulator.strain(0), 0);
  EXPECT_DOUBLE_EQ(simulator.strain(2), 0.008);
  EXPECT_NEAR(simulator.strain(3), 0.008, 1e-12);
  EXPECT_NEAR(simulator.strain(5), 0, 1e-12);
  const auto peak = [&](std::uint64_t k) {
    const Array mean = Array::of({195, 487}, simulator.expectation(k));
    return position_of_highest(integrated(test_poni(), mean, RadialUnit::q_nm), 37, 40.5);  // (311), q = 38.5
  };
  EXPECT_LT(peak(2), peak(0) - 0.15);
}

TEST(PowderSimulator, refuses_what_makes_no_sense) {
  const auto refused = [](auto change) {
    Poni poni = test_poni();
    PowderOptions options;
    change(poni, options);
    try {
      const PowderSimulator simulator(poni, options);
      return false;
    } catch (const ConfigError&) {
      return true;
    }
  };
  EXPECT_TRUE(refused([](Poni&, PowderOptions& o) { o.calibrant = "gold"; }));
  EXPECT_TRUE(refused([](Poni&, PowderOptions& o) { o.dtype = DType::f32; }));
  EXPECT_TRUE(refused([](Poni&, PowderOptions& o) { o.width = 0; }));
  EXPECT_TRUE(refused([](Poni&, PowderOptions& o) { o.peak_counts = -1; }));
  EXPECT_TRUE(refused([](Poni&, PowderOptions& o) { o.strain_limit = 0; }));
  EXPECT_TRUE(refused([](Poni& p, PowderOptions&) { p.wavelength.reset(); }));
  EXPECT_TRUE(refused([](Poni& p, PowderOptions&) { p.detector.rows = 0; }));
}

}  // namespace
}  // namespace annulus
