// SPDX-License-Identifier: BSD-3-Clause
#include "operators/integrate/integrate2d.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "operators/data/pattern_arithmetic.hpp"

#include "operators/integrate/integrate_radial.hpp"
#include "tests/operators/integrate/operator_pipeline.hpp"

namespace annulus {
namespace {

using namespace testing;

IntegrationOptions small_options() {
  IntegrationOptions options;
  options.bins = 3;
  options.azimuthal_bins = 4;
  options.error_model = ErrorModel::poisson;
  return options;
}

TEST(Integrate2d, gives_what_the_integrator_gives) {
  for (const int workers : {0, 2}) {
    OperatorPipeline<Integrate2d, Cake> p(
        {{"bins", 3}, {"azimuthal_bins", 4}, {"error_model", "poisson"}, {"workers", workers}});
    const std::vector<Cake> cakes = p.results_of({small_frame(0), small_frame(1), small_frame(2)});
    ASSERT_EQ(cakes.size(), 3U) << errors_of(p.graph);
    const Integrator integrator(small_poni(), small_options());
    for (std::uint64_t k = 0; k < 3; ++k) {
      const Cake wanted = integrator.integrate2d(small_frame(k));
      EXPECT_EQ(cakes[k].number, k);
      EXPECT_EQ(cakes[k].azimuthal_axis->bins(), 4U);
      expect_numbers(cakes[k].intensity, wanted.intensity);
      expect_numbers(cakes[k].sigma, wanted.sigma);
      EXPECT_EQ(text_at(*cakes[k].reduction, "type"), "integrate2d");
    }
  }
}

TEST(Integrate2d, takes_the_bounds_of_its_azimuthal_bins) {
  OperatorPipeline<Integrate2d, Cake> p({{"bins", 3}, {"azimuthal_edges", List{0, 90, 120}}});
  const std::vector<Cake> cakes = p.results_of({small_frame(0)});
  ASSERT_EQ(cakes.size(), 1U) << errors_of(p.graph);
  EXPECT_EQ(cakes[0].azimuthal_axis->edges, (std::vector<double>{0, 90, 120}));
}

TEST(Integrate2d, refuses_edges_beside_a_sector) {
  OperatorPipeline<Integrate2d, Cake> p({{"azimuthal_edges", List{0, 90, 120}}, {"sector", List{0, 90}}});
  Problems problems;
  p.integrate.check(problems);
  ASSERT_EQ(problems.list().size(), 1U);
  EXPECT_NE(problems.list()[0].message.find("azimuthal edges beside a sector"), std::string::npos);
}

TEST(IntegrateRadial, joins_the_radial_bins_of_a_cake) {
  OperatorPipeline<IntegrateRadial, Pattern> p({{"bins", 3}, {"azimuthal_bins", 4}, {"error_model", "poisson"}});
  const std::vector<Pattern> patterns = p.results_of({small_frame(0)});
  ASSERT_EQ(patterns.size(), 1U) << errors_of(p.graph);
  const Pattern wanted = over_azimuth(Integrator(small_poni(), small_options()).integrate2d(small_frame(0)));
  EXPECT_EQ(patterns[0].axis->unit, RadialUnit::chi_deg);
  EXPECT_EQ(patterns[0].axis->edges, (std::vector<double>{-180, -90, 0, 90, 180}));
  expect_numbers(patterns[0].intensity, wanted.intensity);
  expect_numbers(patterns[0].sigma, wanted.sigma);
}

TEST(IntegrateRadial, goes_on_across_the_cut) {
  OperatorPipeline<IntegrateRadial, Pattern> p(
      {{"bins", 1}, {"azimuthal_bins", 3}, {"split", "no"}, {"sector", List{90, 270}}});
  const std::vector<Pattern> patterns = p.results_of({small_frame(0)});
  ASSERT_EQ(patterns.size(), 1U) << errors_of(p.graph);
  EXPECT_EQ(patterns[0].axis->edges, (std::vector<double>{90, 180, 270, 360}));
  IntegrationOptions options;
  options.unit = RadialUnit::chi_deg;
  options.split = Split::no;
  options.bins = 3;
  options.radial_range = Range{90, 360};
  const Pattern wanted = Integrator(small_poni(), options).integrate(small_frame(0));
  expect_numbers(patterns[0].signal, wanted.signal);
  expect_numbers(patterns[0].count, wanted.count);
  EXPECT_GT(patterns[0].count[1], 0) << "of the pixels with azimuths from -180 to -90 degrees";
}

}  // namespace
}  // namespace annulus
