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
