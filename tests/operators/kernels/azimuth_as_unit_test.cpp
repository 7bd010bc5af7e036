// SPDX-License-Identifier: BSD-3-Clause
// Patterns over the azimuth: bins of a coordinate that comes round, and pixels on its cut.
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

#include "operators/kernels/divider.hpp"
#include "tests/operators/kernels/small_detector.hpp"

namespace annulus {
namespace {

using testing::parts_by_bin;
using testing::small_cols;
using testing::small_poni;
using testing::small_rows;
using testing::sum;

IntegrationOptions azimuth(Split split, RadialUnit unit = RadialUnit::chi_deg) {
  IntegrationOptions options;
  options.unit = unit;
  options.split = split;
  options.bins = 36;
  return options;
}

class AzimuthAsUnit : public ::testing::TestWithParam<Split> {};
INSTANTIATE_TEST_SUITE_P(EverySplit, AzimuthAsUnit, ::testing::Values(Split::no, Split::bbox, Split::full),
                         [](const auto& test) { return std::string(name_of(test.param)); });

TEST_P(AzimuthAsUnit, holds_all_of_every_pixel_around_the_circle) {
  for (const double start : {-180.0, 0.0, 33.3}) {
    IntegrationOptions options = azimuth(GetParam());
    options.radial_range = Range{start, start + 360};
    EXPECT_NEAR(sum(parts_by_bin(Divider(small_poni(), options))), small_rows * small_cols, 1e-6) << start;
  }
}

TEST_P(AzimuthAsUnit, spans_the_whole_circle_when_a_pixel_lies_on_the_cut) {
  const Divider divider(small_poni(), azimuth(GetParam()));
  EXPECT_NEAR(divider.radial_axis()->edges.front(), -180, GetParam() == Split::no ? 1 : 0);
  EXPECT_NEAR(divider.radial_axis()->edges.back(), 180, GetParam() == Split::no ? 1 : 0);
  EXPECT_NEAR(sum(parts_by_bin(divider)), small_rows * small_cols, 1e-6);
}

TEST_P(AzimuthAsUnit, is_the_azimuthal_axis_of_a_cake_with_one_radial_bin) {
  IntegrationOptions options = azimuth(GetParam(), RadialUnit::r_m);
  options.bins = 1;
  options.radial_range = Range{0, 1};
  for (const Sector sector : {Sector{-180, 360}, Sector{17, 360}, Sector{150, 80}}) {
    options.azimuthal_bins = 40;
    options.sector = sector;
    const auto cake = parts_by_bin(Divider(small_poni(), options));
    IntegrationOptions direct = azimuth(GetParam());
    direct.bins = 40;
    direct.radial_range = Range{sector.start, sector.start + sector.extent};
    const auto parts = parts_by_bin(Divider(small_poni(), direct));
    for (std::size_t bin = 0; bin < 40; ++bin) EXPECT_NEAR(parts[bin], cake[bin], 1e-4) << sector.start << ' ' << bin;
  }
}

TEST_P(AzimuthAsUnit, does_not_care_on_which_side_of_the_cut_a_range_is_named) {
  IntegrationOptions options = azimuth(GetParam());
  options.bins = 4;
  options.radial_range = Range{160, 200};
  const auto parts = parts_by_bin(Divider(small_poni(), options));
  options.radial_range = Range{-200, -160};
  const auto turned = parts_by_bin(Divider(small_poni(), options));
  options.bins = 2;
  options.radial_range = Range{160, 180};
  const auto above = parts_by_bin(Divider(small_poni(), options));
  options.radial_range = Range{-180, -160};
  const auto below = parts_by_bin(Divider(small_poni(), options));
  for (std::size_t bin = 0; bin < 4; ++bin) {
    EXPECT_GT(parts[bin], 10);
    EXPECT_NEAR(parts[bin], turned[bin], 1e-6) << bin;
    EXPECT_NEAR(parts[bin], bin < 2 ? above[bin] : below[bin - 2], 1e-6) << bin;
  }
}

TEST_P(AzimuthAsUnit, is_the_same_in_degrees_and_radians) {
  IntegrationOptions options = azimuth(GetParam());
  options.radial_range = Range{100, 230};
  const auto degrees = parts_by_bin(Divider(small_poni(), options));
  options.unit = RadialUnit::chi_rad;
  options.radial_range = Range{100 * rad_per_deg, 230 * rad_per_deg};
  const auto radians = parts_by_bin(Divider(small_poni(), options));
  for (std::size_t bin = 0; bin < options.bins; ++bin) EXPECT_NEAR(radians[bin], degrees[bin], 1e-3) << bin;
}

TEST_P(AzimuthAsUnit, of_a_sample_comes_round_too) {
  IntegrationOptions options = azimuth(GetParam(), RadialUnit::chigi_deg);
  options.sample.incident_angle = 0.02;
  options.radial_range = Range{90, 450};
  EXPECT_NEAR(sum(parts_by_bin(Divider(small_poni(), options))), small_rows * small_cols, 1e-6);
}

TEST(AzimuthAsUnit, shares_a_pixel_on_the_cut_between_both_ends) {
  // 1 mm pixels in the row of the beam, 10 mm to its left: half above and half below the cut.
  Detector detector;
  detector.pixel1 = detector.pixel2 = 1e-3;
  detector.rows = detector.cols = 1;
  const Poni poni{detector, 1, 0.5e-3, 10.5e-3, 0, 0, 0, {}};
  for (const Split split : {Split::bbox, Split::full}) {
    IntegrationOptions options = azimuth(split);
    options.radial_range = Range{-180, 180};
    const auto parts = parts_by_bin(Divider(poni, options));
    EXPECT_NEAR(parts.front(), 0.5, 1e-6);
    EXPECT_NEAR(parts.back(), 0.5, 1e-6);
  }
}

TEST(AzimuthAsUnit, covers_one_turn_and_needs_no_sector) {
  const auto complaint = [](auto change) {
    IntegrationOptions options = azimuth(Split::full);
    change(options);
    try {
      (void)Divider(small_poni(), options);
    } catch (const ConfigError& error) {
      return std::string(error.what());
    }
    return std::string("nothing");
  };
  EXPECT_NE(complaint([](auto& o) { o.radial_range = Range{0, 361}; }).find("more than a whole turn"),
            std::string::npos);
  EXPECT_NE(complaint([](auto& o) { o.edges = {0, 100, 400}; }).find("more than a whole turn"), std::string::npos);
  EXPECT_NE(complaint([](auto& o) { o.sector = Sector{0, 90}; }).find("give a radial range instead"),
            std::string::npos);
  EXPECT_EQ(complaint([](auto& o) { o.radial_range = Range{-90, 270}; }), "nothing");
}

}  // namespace
}  // namespace annulus
