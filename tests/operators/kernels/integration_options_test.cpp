// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/integration_options.hpp"

#include <limits>

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
