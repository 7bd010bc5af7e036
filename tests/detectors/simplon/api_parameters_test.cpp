// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/simplon/api_parameters.hpp"

#include "tests/detectors/simplon/samples.hpp"

namespace annulus::simplon {
namespace {

using namespace testing;

ApiParameters sample() { return ApiParameters(sample_start()); }

std::string problem_of(ApiParameters parameters, std::string_view name, const Value& value) {
  const auto changed = parameters.put(name, value);
  return changed ? "none" : changed.error();
}

TEST(ApiParameters, tell_of_the_detector) {
  const ApiParameters parameters = sample();
  EXPECT_EQ(parameters.natural("detector/config/x_pixels_in_detector"), 6U);
  EXPECT_EQ(parameters.number("detector/config/detector_distance"), 0.25);
  EXPECT_EQ(parameters.natural("detector/config/number_of_excluded_pixels"), 23U);
  EXPECT_EQ(parameters.text("detector/status/state"), "na");
  EXPECT_FALSE(parameters.is_enabled("detector/config/threshold/2/mode"));
  EXPECT_EQ(parameters.find("detector/config/colour"), nullptr);
  const auto keys = parameters.keys("stream", "config");
  EXPECT_EQ(keys.front(), "mode");
  EXPECT_EQ(parameters.keys("stream", "moods"), std::vector<std::string>{});
}

TEST(ApiParameters, describe_themselves_as_clients_want_it) {
  const ApiParameters parameters = sample();
  const Dict images = ApiParameters::describe(*parameters.find("detector/config/nimages"));
  EXPECT_EQ(images,
            (Dict{{"access_mode", "rw"}, {"value", 1}, {"value_type", "uint"}, {"min", 1}, {"max", 2'000'000'000}}));
  const Dict format = ApiParameters::describe(*parameters.find("stream/config/format"));
  EXPECT_EQ(*format.find("allowed_values"), Value(List{"cbor", "legacy"}));
  EXPECT_EQ(text_at(ApiParameters::describe(*parameters.find("detector/config/description")), "access_mode"), "r");
}

TEST(ApiParameters, change_together_as_in_the_detector) {
  ApiParameters parameters = sample();
  EXPECT_EQ(*parameters.put("detector/config/photon_energy", 10000),
            (List{"photon_energy", "wavelength", "threshold_energy", "threshold/1/energy", "threshold/2/energy",
                  "threshold/3/energy", "threshold/4/energy"}));
  EXPECT_EQ(parameters.number("detector/config/threshold_energy"), 5000);
  EXPECT_NEAR(parameters.number("detector/config/wavelength"), 1.2398, 1e-4);
  EXPECT_EQ(*parameters.put("detector/config/count_time", 0.5), (List{"count_time", "frame_time"}));
  EXPECT_GT(parameters.number("detector/config/frame_time"), 0.5);
  EXPECT_EQ(*parameters.put("detector/config/frame_time", 0.25), (List{"frame_time", "count_time"}));
  EXPECT_LT(parameters.number("detector/config/count_time"), 0.25);
  EXPECT_EQ(*parameters.put("detector/config/nimages", 7), List{"nimages"});
  EXPECT_EQ(parameters.natural("detector/config/nimages"), 7U);
}

TEST(ApiParameters, refuse_what_a_detector_refuses) {
  EXPECT_EQ(problem_of(sample(), "detector/config/description", "mine"),
            "detector/config/description can only be read");
  EXPECT_EQ(problem_of(sample(), "detector/config/nimages", 0),
            "detector/config/nimages: 0 cannot be its value (it must be from 1 to 2000000000)");
  EXPECT_EQ(problem_of(sample(), "detector/config/nimages", 1.5),
            "detector/config/nimages: 1.5 cannot be its value (a whole number is wanted)");
  EXPECT_EQ(problem_of(sample(), "detector/config/nimages", "many"),
            "detector/config/nimages: 'many' cannot be its value (a number is wanted)");
  EXPECT_EQ(problem_of(sample(), "detector/config/nimages", true),
            "detector/config/nimages: true cannot be its value (a number is wanted)");
  EXPECT_EQ(problem_of(sample(), "detector/config/compression", "zstd"),
            "detector/config/compression: 'zstd' cannot be its value (allowed: ['bslz4', 'lz4', 'none'])");
  EXPECT_EQ(problem_of(sample(), "detector/config/auto_summation", 1),
            "detector/config/auto_summation: 1 cannot be its value (true or false is wanted)");
}

TEST(ApiParameters, are_the_header_of_stream_v1) {
  const Dict header = sample().header();
  EXPECT_EQ(text_at(header, "compression"), "bslz4");
  EXPECT_FALSE(header.contains("threshold/1/mode"));
  EXPECT_FALSE(header.contains("state"));
}

}  // namespace
}  // namespace annulus::simplon
