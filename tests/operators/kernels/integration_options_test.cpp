// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/integration_options.hpp"

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

namespace annulus {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

template <class F>
std::string complaint_of(F&& f) {
  try {
    f();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "nothing";
}

TEST(Spelling, of_splitting_and_error_models_reads_back) {
  for (const Split split : {Split::no, Split::bbox}) EXPECT_EQ(parse_split(name_of(split)), split);
  for (const ErrorModel model : {ErrorModel::none, ErrorModel::poisson}) {
    EXPECT_EQ(parse_error_model(name_of(model)), model);
  }
}

TEST(Spelling, suggests_what_was_meant) {
  EXPECT_EQ(complaint_of([] { (void)parse_split("bbx"); }), "'bbx' is not a way to split pixels. Did you mean 'bbox'?");
  EXPECT_EQ(complaint_of([] { (void)parse_error_model("poison"); }),
            "'poison' is not an error model. Did you mean 'poisson'?");
}

TEST(Options, that_make_no_sense_are_all_reported) {
  IntegrationOptions options;
  options.bins = 0;
  options.radial_range = Range{2, 2};
  options.sector = sector_between(10, 10);
  options.polarization = 1.5;
  options.dummy = BadValue{0, -1};
  const std::string complaint = complaint_of([&] { require_valid(options); });
  for (const char* part : {"bins is 0", "radial range 2 to 2 is empty", "sector from 10 degrees over 0",
                           "polarization is 1.5", "tolerance of the dummy value is -1"}) {
    EXPECT_NE(complaint.find(part), std::string::npos) << part << " in: " << complaint;
  }
}

// The pairs of pyFAI's test of bug 2449, which depend on where its cut is; a sector does not.
TEST(SectorBetween, begins_at_the_first_bound_and_goes_on_to_the_second) {
  const auto expect = [](double lo, double hi, double start, double extent) {
    const Sector sector = sector_between(lo, hi);
    EXPECT_EQ(sector.start, start);
    EXPECT_EQ(sector.extent, extent);
  };
  expect(90, -90, 90, 180);
  expect(-90, 90, -90, 180);
  expect(0, 180, 0, 180);
  expect(-180, 180, -180, 360);
  expect(170, -170, 170, 20);
  expect(170, 190, 170, 20);
}

std::string complaint_about(const std::function<void(IntegrationOptions&)>& change) {
  IntegrationOptions options;
  change(options);
  return complaint_of([&] { require_valid(options); });
}

TEST(Options, say_what_is_wrong_with_bounds_of_bins) {
  EXPECT_EQ(complaint_about([](auto& o) { o.edges = {1, 2, 2}; }),
            "the radial edge number 3 is 2 (edges must be numbers that increase)");
  EXPECT_EQ(complaint_about([](auto& o) { o.edges = {1, nan}; }),
            "the radial edge number 2 is nan (edges must be numbers that increase)");
  EXPECT_EQ(complaint_about([](auto& o) { o.edges = {1}; }), "there is one radial edge (bins need at least two)");
  EXPECT_EQ(complaint_about([](auto& o) { o.azimuthal_edges = {10, -10}; }),
            "the azimuthal edge number 2 is -10 (edges must be numbers that increase)");
  EXPECT_EQ(complaint_about([](auto& o) { o.azimuthal_edges = {-180, 0, 181}; }),
            "the azimuthal edges cover more than 360 degrees (a pixel would be in two bins)");
  for (const auto& change : std::vector<std::function<void(IntegrationOptions&)>>{
           [](auto& o) { o.radial_range = Range{1, 2}; }, [](auto& o) { o.spacing = Spacing::logarithmic; }}) {
    IntegrationOptions options;
    options.edges = {1, 2};
    options.radial_range.reset();
    change(options);
    EXPECT_NE(complaint_of([&] {
                require_valid(options);
              }).find("there are radial edges beside a range or a spacing (which one counts?) leave one out"),
              std::string::npos);
  }
}

TEST(Options, say_what_is_wrong_with_logarithmic_bins) {
  for (const double lo : {0.0, -1.0}) {
    const auto complaint = complaint_about([&](auto& o) {
      o.radial_range = Range{lo, 2};
      o.spacing = Spacing::logarithmic;
    });
    EXPECT_NE(complaint.find("(logarithmic bins need it to be more than 0)"), std::string::npos) << complaint;
  }
}

TEST(Options, say_what_is_wrong_with_sectors) {
  for (const Sector sector : {Sector{0, 0}, Sector{0, 360.5}, Sector{0, -90}, Sector{nan, 90}, Sector{0, nan}}) {
    const auto complaint = complaint_about([&](auto& o) { o.sector = sector; });
    EXPECT_NE(complaint.find("(it must cover more than 0 and at most 360 degrees)"), std::string::npos) << complaint;
  }
  EXPECT_NE(complaint_about([](auto& o) {
              o.azimuthal_edges = {0, 90};
              o.azimuthal_bins = 3;
            }).find("(which one counts?)"),
            std::string::npos);
  EXPECT_NE(complaint_about([](auto& o) { o.azimuthal_bins = 100'000; }).find("are too many"), std::string::npos);
  EXPECT_EQ(complaint_about([](auto& o) { o.sector = Sector{-1000, 360}; }), "nothing");
}

TEST(Options, say_what_is_wrong_with_ranges_of_an_azimuth) {
  const auto complaint = [](double lo, double hi, RadialUnit unit) {
    return complaint_about([&](auto& o) {
      o.unit = unit;
      o.radial_range = Range{lo, hi};
    });
  };
  EXPECT_EQ(complaint(0, 361, RadialUnit::chi_deg),
            "the radial range covers more than a whole turn (a pixel would be in two bins)");
  EXPECT_EQ(complaint(-4, 4, RadialUnit::chigi_rad),
            "the radial range covers more than a whole turn (a pixel would be in two bins)");
  EXPECT_EQ(complaint(170, 530, RadialUnit::chi_deg), "nothing");
  EXPECT_EQ(complaint(0, 400, RadialUnit::r_mm), "nothing");
}

TEST(Options, refuse_nan_and_absurd_numbers) {
  const auto refused = [](auto change) {
    IntegrationOptions options;
    change(options);
    return complaint_of([&] { require_valid(options); }) != "nothing";
  };
  EXPECT_FALSE(refused([](IntegrationOptions&) {}));
  EXPECT_TRUE(refused([](IntegrationOptions& o) { o.radial_range = Range{nan, 1}; }));
  EXPECT_TRUE(refused([](IntegrationOptions& o) { o.radial_range = Range{3, 1}; }));
  EXPECT_TRUE(refused([](IntegrationOptions& o) { o.sector = sector_between(0, nan); }));
  EXPECT_TRUE(refused([](IntegrationOptions& o) { o.sector = sector_between(0, 361); }));
  EXPECT_TRUE(refused([](IntegrationOptions& o) { o.polarization = nan; }));
  EXPECT_TRUE(refused([](IntegrationOptions& o) { o.bins = std::size_t{1} << 40; }));
  EXPECT_FALSE(refused([](IntegrationOptions& o) { o.sector = sector_between(170, -170); }));
  EXPECT_FALSE(refused([](IntegrationOptions& o) { o.sector = sector_between(-180, 180); }));
}

}  // namespace
}  // namespace annulus
