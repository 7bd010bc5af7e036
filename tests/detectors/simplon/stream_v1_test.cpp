// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/simplon/stream_v1.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <numeric>

#include "detectors/bluesky/json.hpp"
#include "detectors/simplon/cbor_reader.hpp"
#include "detectors/simplon/series_header.hpp"
#include "detectors/simplon/series_tracker.hpp"
#include "tests/detectors/simplon/samples.hpp"
#include "tests/scratch.hpp"

namespace annulus::simplon {
namespace {

using namespace testing;

template <class M>
M decoded(const std::vector<Part>& parts) {
  auto message = decode_v1(parts);
  if (!message) throw std::runtime_error(to_string(message.error()));
  return std::get<M>(std::move(*message));
}

std::vector<Part> recorded(int first, int last) {
  std::vector<Part> parts;
  for (int i = first; i <= last; ++i) {
    const auto path = data_path() / "stream_eiger1_4m_v1" / ("streamfile_" + std::to_string(i));
    if (std::filesystem::exists(path)) {
      parts.push_back(part_of(read_file(path)));
    } else {
      parts.push_back(part_of(std::string(std::size_t{2070} * 2167 * 4, '\0')));  // the missing tables
    }
  }
  return parts;
}

#define NEEDS_DATA() \
  if (!std::filesystem::exists(data_path())) GTEST_SKIP() << "the recorded data are not there (" << data_path() << ")"

TEST(StreamV1, reads_the_basic_header) {
  ANNULUS_NEEDS_VECTORS();
  const auto start = decoded<SeriesStart>(parts_in(read_vector("dectris_v1_header_basic.lendump")));
  EXPECT_EQ(start.series, 12U);
  EXPECT_EQ(start.header_detail, "basic");
  EXPECT_EQ(start.images, 1U);
  EXPECT_EQ(start.rows, 65U);
  EXPECT_EQ(start.cols, 48U);
  EXPECT_EQ(start.beam_center_x, 24.0);
  EXPECT_EQ(start.beam_center_y, 32.5);
  EXPECT_EQ(start.detector_distance, 0.2);
  EXPECT_EQ(start.energy, 12700.0);
  EXPECT_DOUBLE_EQ(*start.wavelength, 0.9763e-10);
  EXPECT_EQ(start.pixel_size_x, 7.5e-5);
  EXPECT_EQ(text_at(start.header, "compression"), "bslz4");
}

TEST(StreamV1, reads_images_of_every_encoding) {
  ANNULUS_NEEDS_VECTORS();
  const std::string pixels = read_vector("dectris_image_65x48_u32.raw");
  for (const char* name : {"le", "lz4le", "bs32_lz4le"}) {
    const auto image =
        decoded<SeriesImage>(parts_in(read_vector("dectris_v1_image_" + std::string(name) + ".lendump")));
    EXPECT_EQ(image.series, 12U);
    EXPECT_EQ(image.frame, 0U);
    const auto array = decode_array(image.channels.at(0));
    ASSERT_TRUE(array) << to_string(array.error());
    EXPECT_EQ(array->shape(), (Shape{65, 48}));
    EXPECT_EQ(std::memcmp(array->bytes().data(), pixels.data(), pixels.size()), 0) << name;
  }
}

TEST(StreamV1, reads_the_end) {
  ANNULUS_NEEDS_VECTORS();
  EXPECT_EQ(decoded<SeriesEnd>(parts_in(read_vector("dectris_v1_series_end.lendump"))).series, 12U);
}

TEST(StreamV1, reads_a_recorded_header_with_all_tables) {
  NEEDS_DATA();
  const auto start = decoded<SeriesStart>(recorded(1, 9));
  EXPECT_TRUE(start.problems.empty());
  EXPECT_EQ(start.images, 10U);
  EXPECT_EQ(start.description, "Dectris Eiger 4M");
  EXPECT_FALSE(start.detector_distance) << "0 is not a distance";
  EXPECT_FALSE(start.time) << "a time without zone is not known";
  EXPECT_EQ(start.pixel_masks.at(0).values.shape(), (Shape{2167, 2070}));
  EXPECT_EQ(start.pixel_masks.at(0).values.dtype(), DType::u32);
  EXPECT_EQ(start.flatfields.at(0).values.dtype(), DType::f32);
  EXPECT_EQ(start.countrate_table.shape(), (Shape{4000, 2}));
  EXPECT_EQ(start.user_data, Value(R"({"acqID": "test_1"})"));
}

TEST(StreamV1, reads_a_recorded_header_whose_tables_are_missing) {
  NEEDS_DATA();
  auto parts = recorded(1, 9);
  parts.erase(parts.begin() + 5);
  parts.erase(parts.begin() + 3);
  const auto start = decoded<SeriesStart>(parts);
  EXPECT_EQ(start.problems.size(), 2U);
  EXPECT_TRUE(start.pixel_masks.empty());
  EXPECT_EQ(start.countrate_table.shape(), (Shape{4000, 2}));
  EXPECT_FALSE(start.user_data.is_null());
}

TEST(StreamV1, unpacks_recorded_images_to_their_known_checksum) {
  NEEDS_DATA();
  const annulus::testing::Scratch scratch;
  for (const int first : {10, 14, 18}) {
    const auto image = decoded<SeriesImage>(recorded(first, first + 3));
    const auto array = decode_array(image.channels.at(0));
    ASSERT_TRUE(array) << to_string(array.error());
    const auto values = array->to_vector<std::uint64_t>();
    EXPECT_EQ(array->shape(), (Shape{2167, 2070}));
    EXPECT_EQ(std::accumulate(values.begin(), values.end(), std::uint64_t{0}), 16473358719U);
    EXPECT_EQ(std::ranges::count(values, 65535U), 251297);
    if (first > 10) continue;
    EXPECT_DOUBLE_EQ(*image.real_time, 99251e-9);
    std::ofstream(scratch / "pixels")
        .write(reinterpret_cast<const char*>(array->bytes().data()),
               static_cast<std::streamsize>(array->bytes().size()));
    const std::string command = "sha256sum " + (scratch / "pixels").string();
    std::FILE* pipe = popen(command.c_str(), "r");
    ASSERT_NE(pipe, nullptr);
    char sum[65] = {};
    EXPECT_EQ(std::fread(sum, 1, 64, pipe), 64U);
    pclose(pipe);
    EXPECT_STREQ(sum, "fa504f12f9042b142374ba82fe7579b96544c2fadb4c1a7ef16f6b332b4cb142");
  }
  EXPECT_EQ(decoded<SeriesEnd>(recorded(22, 22)).series, 6U);
}

TEST(StreamV1, reads_the_header_of_a_truncated_recording_and_refuses_its_images) {
  NEEDS_DATA();
  const Part file = part_of(read_file(data_path() / "streams_dranspose" / "eiger-small.cbors"));
  CborReader messages(file);
  std::size_t images = 0;
  while (messages.remaining() > 0) {
    const Value message = messages.read_value();
    ASSERT_TRUE(messages.ok()) << to_string(messages.error());
    std::vector<Part> parts;
    for (const Value& part : *message.get_if<List>()) parts.push_back(part_of(part.get_if<Bytes>()->data));
    const auto read = decode_v1(parts);
    ASSERT_TRUE(read) << to_string(read.error());
    if (const auto* start = std::get_if<SeriesStart>(&*read)) {
      EXPECT_EQ(start->description, "Dectris EIGER2 CdTe 9M");
      EXPECT_EQ(start->time, 1710253798.142);
      EXPECT_EQ(start->saturation, 83270.0);
      EXPECT_EQ(start->problems.size(), 2U);
      EXPECT_EQ(start->countrate_table.shape(), (Shape{1001, 2}));
    } else if (const auto* image = std::get_if<SeriesImage>(&*read)) {
      EXPECT_EQ(image->frame, images++);
      EXPECT_EQ(image->user_data, Value("{}"));
      EXPECT_FALSE(decode_pixels(*image));
    }
  }
  EXPECT_EQ(images, 3U);
}

std::vector<Part> image_parts(const std::string& description, const std::string& pixels) {
  return {part_of("{\"series\":1,\"frame\":3,\"htype\":\"dimage-1.0\"}\n"), part_of(description), part_of(pixels)};
}

TEST(StreamV1, takes_several_thresholds_in_one_image_as_planes) {
  const auto image = decoded<SeriesImage>(image_parts(R"({"type":"uint16","shape":[3,1,2],"encoding":">"})",
                                                      bluesky::testing::chars("\0\1\0\2\0\3\0\4\0\5\0\6")));
  EXPECT_EQ(*decode_array(image.channels.at(0)), (Array::of<std::uint16_t>({2, 1, 3}, {1, 2, 3, 4, 5, 6})));
}

TEST(StreamV1, says_what_it_cannot_read) {
  const auto problem = [](const std::vector<Part>& parts) {
    const auto message = decode_v1(parts);
    return message ? "none" : message.error().problem;
  };
  EXPECT_EQ(problem({}), "simplon: part 1 is missing");
  EXPECT_EQ(problem({part_of("[]")}), "simplon: part 1 is not a JSON object");
  EXPECT_EQ(problem({part_of(R"({"htype":"dheader-1.0"})")}), "simplon: part 1 has no number of a series");
  EXPECT_EQ(problem(image_parts(R"({"shape":[1,1],"type":"uint8","encoding":"zstd<"})", "x")),
            "simplon: part 2: encoding 'zstd<' is not known");
  EXPECT_EQ(problem(image_parts(R"({"shape":[1],"type":"uint8","encoding":"<"})", "x")),
            "simplon: part 2: 'shape' is not [width, height]");
  EXPECT_EQ(problem(image_parts(R"({"shape":[1,1],"type":"text","encoding":"<"})", "x")),
            "simplon: part 2: 'type' is no element type");
  EXPECT_TRUE(problem({part_of("{")}).starts_with("simplon: part 1: json: "));
}

TEST(StreamV1, counts_the_expected_images_by_trigger_mode) {
  const auto images = [](const std::string& header) {
    return decoded<SeriesStart>(
               {part_of(R"({"htype":"dheader-1.0","series":1,"header_detail":"basic"})"), part_of(header)})
        .images;
  };
  EXPECT_EQ(images(R"({"nimages":10,"ntrigger":3,"trigger_mode":"ints"})"), 30U);
  EXPECT_EQ(images(R"({"nimages":10,"ntrigger":3,"trigger_mode":"exte"})"), 3U);
  EXPECT_EQ(images(R"({"nimages":4000000000000000000,"ntrigger":9})"), std::nullopt);
  EXPECT_EQ(images("{}"), std::nullopt);
}

TEST(StreamV1, reads_what_it_writes) {
  for (const char* detail : {"all", "basic", "none"}) {
    SeriesStart start = sample_start();
    start.header_detail = detail;
    const auto parts = encode_v1(start);
    EXPECT_EQ(parts.size(), detail == std::string("all") ? 9U : detail == std::string("basic") ? 3U : 2U);
    const auto back = decoded<SeriesStart>(parts);
    EXPECT_TRUE(back.problems.empty());
    EXPECT_EQ(back.header_detail, detail);
    EXPECT_EQ(back.user_data, start.user_data);
    if (detail == std::string("none")) continue;
    EXPECT_EQ(back.images, start.images);
    EXPECT_EQ(back.time, start.time);
    EXPECT_EQ(back.detector_distance, start.detector_distance);
    EXPECT_EQ(back.energy, start.energy);
    EXPECT_EQ(back.rows, start.rows);
    if (detail == std::string("basic")) continue;
    EXPECT_EQ(back.pixel_masks.at(0).values, start.pixel_masks.at(0).values);
    EXPECT_EQ(back.flatfields.at(0).values, start.flatfields.at(0).values);
    EXPECT_EQ(back.countrate_table, start.countrate_table);
  }
  for (const Packing packing : {Packing::none, Packing::lz4_block, Packing::bslz4_chunk}) {
    const SeriesImage image = sample_image(packing);
    const auto parts = encode_v1(image);
    EXPECT_EQ(parts[2].bytes.data(), image.channels[0].bytes.data()) << "pixels are not copied";
    const auto back = decoded<SeriesImage>(parts);
    EXPECT_EQ(back.frame, 1U);
    EXPECT_EQ(back.start_time, 0.5);
    EXPECT_EQ(decode_array(back.channels.at(0)), counting({4, 6}, 5));
  }
  EXPECT_EQ(decoded<SeriesEnd>(encode_v1(SeriesEnd{7, {}})).series, 7U);
}

/// The keys with their values, in any order.
std::map<std::string, std::string> json_of(const Part& part) {
  std::map<std::string, std::string> items;
  const auto value = bluesky::decode_json(part.bytes);
  if (!value || value->get_if<Dict>() == nullptr) return items;
  for (const auto& [key, item] : *value->get_if<Dict>()) items[key] = item.to_text();
  return items;
}

TEST(StreamV1, writes_what_the_golden_messages_say) {
  ANNULUS_NEEDS_VECTORS();
  const auto start = decoded<SeriesStart>(parts_in(read_vector("dectris_v1_header_basic.lendump")));
  const auto again = decoded<SeriesStart>(encode_v1(start));
  EXPECT_EQ(again.series, start.series);
  EXPECT_EQ(again.header_detail, "basic");
  EXPECT_EQ(again.images, start.images);
  for (const auto& [key, value] : start.header) {
    const Value* written = again.header.find(key);
    ASSERT_NE(written, nullptr) << key;
    if (const auto number = number_of(&value)) {
      EXPECT_DOUBLE_EQ(*number_of(written), *number) << key;
    } else {
      EXPECT_EQ(*written, value) << key;
    }
  }
  for (const char* name : {"le", "lz4le", "bs32_lz4le"}) {
    const auto golden = parts_in(read_vector("dectris_v1_image_" + std::string(name) + ".lendump"));
    const auto image = decoded<SeriesImage>(golden);
    const auto parts = encode_v1(image);
    EXPECT_EQ(text_of(parts.at(2)), text_of(golden.at(2))) << "packed bytes stay";
    for (const std::size_t json : {0U, 1U, 3U}) {
      EXPECT_EQ(json_of(parts.at(json)), json_of(golden.at(json))) << name;
    }
  }
}

TEST(StreamV1, writes_several_thresholds_as_planes) {
  SeriesImage image = sample_image(Packing::none);
  image.channels = {encode_array(counting({2, 4, 6}), Packing::bslz4_chunk)};
  const auto back = decoded<SeriesImage>(encode_v1(image));
  EXPECT_EQ(decode_array(back.channels.at(0)), counting({2, 4, 6}));
}

TEST(StreamV1, survives_any_bytes) {
  const SeriesStart start = sample_start();
  const SeriesImage image = sample_image(Packing::bslz4_chunk);
  for (const auto& parts : {encode_v1(start), encode_v1(image)}) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const auto check = [&](std::string content) {
        auto changed = parts;
        changed[i] = part_of(std::move(content));
        const auto message = decode_v1(changed);
        if (!message) {
          EXPECT_TRUE(message.error().problem.starts_with("simplon: "));
        } else if (const auto* read = std::get_if<SeriesImage>(&*message)) {
          (void)decode_pixels(*read);
        }
      };
      const std::string text = text_of(parts[i]);
      for (std::size_t size = 0; size < text.size(); ++size) check(text.substr(0, size));
      for_each_mutation(text, 200, check);
    }
    for (std::size_t count = 0; count < parts.size(); ++count) (void)decode_v1(std::span(parts).first(count));
  }
}

}  // namespace
}  // namespace annulus::simplon
