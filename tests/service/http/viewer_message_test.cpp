// SPDX-License-Identifier: BSD-3-Clause
#include "service/http/viewer_message.hpp"

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include <gtest/gtest.h>

#include "tests/service/http/samples.hpp"

namespace annulus {
namespace {

using nlohmann::json;

PatternView a_view() {
  const Pattern pattern = test::sample_pattern(4);
  PatternView view;
  view.name = "integrate";
  view.run = "some-uid";
  view.number = pattern.number;
  view.time = pattern.time;
  view.axis = pattern.axis;
  view.intensity = pattern.intensity;
  view.sigma = pattern.sigma;
  return view;
}

CakeView a_cake_view() {
  const Cake cake = test::sample_cake(4);
  return {.name = "integrate",
          .run = "some-uid",
          .number = cake.number,
          .time = cake.time,
          .axis = cake.axis,
          .azimuthal_axis = cake.azimuthal_axis,
          .intensity = cake.intensity.as_array({2, 3})};
}

/// Splits a message as docs/viewer-protocol.md says.
struct Parts {
  json header;
  std::string sections;

  explicit Parts(const ViewerMessage& message) {
    std::uint32_t length = 0;
    std::memcpy(&length, message.bytes.data(), sizeof(length));
    header = json::parse(message.bytes.substr(sizeof(length), length));
    sections = message.bytes.substr(sizeof(length) + length);
    EXPECT_EQ((sizeof(length) + length) % 8, 0U);
  }

  template <class T>
  [[nodiscard]] std::vector<T> section(std::size_t index) const {
    const json& about = header["sections"][index];
    std::vector<T> values(about["count"].get<std::size_t>());
    std::memcpy(values.data(), sections.data() + about["offset"].get<std::size_t>(), values.size() * sizeof(T));
    return values;
  }
};

TEST(PatternMessage, carries_axis_intensity_and_sigma) {
  const ViewerMessage message = encode(a_view());
  EXPECT_EQ(message.form, ViewerMessage::Form::binary);
  const Parts parts(message);
  EXPECT_EQ(parts.header["type"], "pattern");
  EXPECT_EQ(parts.header["name"], "integrate");
  EXPECT_EQ(parts.header["run"], "some-uid");
  EXPECT_EQ(parts.header["number"], 4);
  EXPECT_EQ(parts.header["unit"]["name"], "q_nm^-1");
  EXPECT_EQ(parts.section<double>(0), (std::vector<double>{0.5, 1.5, 2.5}));
  const auto intensity = parts.section<float>(1);
  EXPECT_EQ(intensity[0], 4);
  EXPECT_TRUE(std::isnan(intensity[1]));
  EXPECT_EQ(parts.section<float>(2)[2], 0.5F);
}

TEST(PatternMessage, leaves_out_sigma_without_an_error_model) {
  PatternView view = a_view();
  view.sigma = {};
  EXPECT_EQ(Parts(encode(view)).header["sections"].size(), 2U);
}

TEST(PatternMessage, aligns_every_section_to_eight_bytes) {
  const Parts parts(encode(a_view()));
  for (const auto& section : parts.header["sections"]) {
    EXPECT_EQ(section["offset"].get<std::size_t>() % 8, 0U);
  }
}

TEST(PatternMessage, as_json_keeps_double_precision_and_tells_empty_bins_as_null) {
  PatternView view = a_view();
  view.intensity.edit()[2] = 0.1;
  const json parsed = json::parse(json_of(view));
  EXPECT_EQ(parsed["intensity"][2].get<double>(), 0.1);
  EXPECT_TRUE(parsed["intensity"][1].is_null());
  EXPECT_EQ(parsed["x"].size(), 3U);
}

TEST(CakeMessage, carries_the_edges_of_the_bins_and_the_intensity_in_single_precision) {
  const Parts parts(encode(a_cake_view()));
  EXPECT_EQ(parts.header["type"], "cake");
  EXPECT_EQ(parts.header["name"], "integrate");
  EXPECT_EQ(parts.header["run"], "some-uid");
  EXPECT_EQ(parts.header["number"], 4);
  EXPECT_EQ(parts.header["unit"]["name"], "q_nm^-1");
  EXPECT_EQ(parts.header["azimuthal_bins"], 2);
  EXPECT_EQ(parts.header["radial_bins"], 3);
  EXPECT_EQ(parts.header["min"], 1);
  EXPECT_EQ(parts.header["max"], 10);
  EXPECT_EQ(parts.header["empty"], 1);
  EXPECT_EQ(parts.section<double>(0), (std::vector<double>{0, 1, 2, 3}));
  EXPECT_EQ(parts.section<double>(1), (std::vector<double>{-180, 0, 180}));
  const auto intensity = parts.section<float>(2);
  EXPECT_TRUE(std::isnan(intensity[1]));
  EXPECT_EQ(intensity[0], 4);
  EXPECT_EQ(intensity[5], 3);
}

TEST(CakeMessage, is_no_larger_than_asked) {
  const Parts parts(encode(a_cake_view(), {.azimuthal = 1, .radial = 2}));
  EXPECT_EQ(parts.header["azimuthal_bins"], 2);
  EXPECT_EQ(parts.header["radial_bins"], 3);
  EXPECT_EQ(parts.section<double>(0), (std::vector<double>{0, 2, 3}));  // the last block has what is left
  EXPECT_EQ(parts.section<double>(1), (std::vector<double>{-180, 180}));
  const auto intensity = parts.section<float>(2);
  ASSERT_EQ(intensity.size(), 2U);
  EXPECT_FLOAT_EQ(intensity[0], 7.0F / 3);  // the empty bin does not count
  EXPECT_FLOAT_EQ(intensity[1], 6.5F);
}

TEST(CakeMessage, of_an_empty_cake_has_no_numbers) {
  CakeView view = a_cake_view();
  view.intensity = Array::of<double>({2, 3}, std::vector<double>(6, std::nan("")));
  const Parts parts(encode(view));
  EXPECT_TRUE(parts.header["min"].is_null());
  EXPECT_TRUE(parts.header["max"].is_null());
  EXPECT_EQ(parts.header["empty"], 6);
}

TEST(PreviewMessage, carries_the_picture_and_the_numbers) {
  PreviewView view;
  view.number = 9;
  view.frame_rows = 2;
  view.frame_cols = 3;
  view.preview = draw_preview(test::sample_frame(9).pixels, 512);
  const Parts parts(encode(view));
  EXPECT_EQ(parts.header["type"], "preview");
  EXPECT_EQ(parts.header["max"], 90);
  EXPECT_EQ(parts.header["masked"], 1);
  const auto png = parts.section<char>(0);
  EXPECT_EQ(std::string(png.begin(), png.end()), view.preview.png);
}

TEST(RunMessage, keeps_the_readable_part_of_the_start_document) {
  RunView run;
  run.uid = "u";
  run.start = {{"plan_name", "count"},
               {"scan_id", 7},
               {"detectors", List{Value("pilatus")}},
               {"deep", Dict{{"a", 1}}},
               {"image", Array::of<std::uint8_t>({2}, {1, 2})},
               {"bad", "\xff\xfe"}};
  const ViewerMessage message = encode(run);
  EXPECT_EQ(message.form, ViewerMessage::Form::text);
  const json start = json::parse(message.bytes)["start"];
  EXPECT_EQ(start["plan_name"], "count");
  EXPECT_EQ(start["scan_id"], 7);
  EXPECT_EQ(start["detectors"], json({"pilatus"}));
  EXPECT_FALSE(start.contains("deep"));
  EXPECT_FALSE(start.contains("image"));
  EXPECT_TRUE(start.contains("bad"));
}

}  // namespace
}  // namespace annulus
