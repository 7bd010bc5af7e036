// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/simplon/stream_v2.hpp"

#include <algorithm>

#include "detectors/simplon/cbor_writer.hpp"
#include "detectors/simplon/series_header.hpp"
#include "detectors/simplon/series_tracker.hpp"
#include "tests/detectors/simplon/samples.hpp"

namespace annulus::simplon {
namespace {

using namespace testing;
using bluesky::testing::chars;

template <class M>
M decoded(std::string bytes) {
  auto message = decode_v2(part_of(std::move(bytes)));
  if (!message) throw std::runtime_error(to_string(message.error()));
  return std::get<M>(std::move(*message));
}

std::string problem_of(std::string bytes) {
  const auto message = decode_v2(part_of(std::move(bytes)));
  return message ? "none" : to_string(message.error());
}

TEST(StreamV2, reads_a_start_with_and_without_the_magic) {
  ANNULUS_NEEDS_VECTORS();
  for (const char* name : {"dectris_v2_start.cbor", "dectris_v2_start_nomagic_canonicalfloats.cbor"}) {
    const auto start = decoded<SeriesStart>(read_vector(name));
    EXPECT_TRUE(start.problems.empty());
    EXPECT_EQ(start.series, 12U);
    EXPECT_EQ(start.unique_id, "01DC3XQ8ENM14PYCDHQ9XVZZJ8");
    EXPECT_DOUBLE_EQ(*start.time, 1704161045.123456);
    EXPECT_EQ(start.images, 1U);
    EXPECT_EQ(start.rows, 65U);
    EXPECT_EQ(start.cols, 48U);
    EXPECT_EQ(start.channels, std::vector<std::string>{"threshold_1"});
    EXPECT_EQ(start.beam_center_x, 24.0);
    EXPECT_EQ(start.beam_center_y, 32.5);
    EXPECT_EQ(start.detector_distance, 0.2) << "the translation along the beam, of either sign";
    EXPECT_EQ(start.energy, 12700.0);
    EXPECT_DOUBLE_EQ(*start.wavelength, 0.9763e-10);
    EXPECT_EQ(start.pixel_size_y, 7.5e-5);
    EXPECT_EQ(start.saturation, 33000.0);
    EXPECT_EQ(start.sensor_material, "Si");
    EXPECT_EQ(start.sensor_thickness, 4.5e-4);
    EXPECT_EQ(start.threshold_energies, std::vector<double>{6350});
    ASSERT_EQ(start.pixel_masks.size(), 1U);
    EXPECT_EQ(start.pixel_masks[0].channel, "threshold_1");
    EXPECT_EQ(start.pixel_masks[0].values, (Array::of<std::uint32_t>({2, 2}, {0, 0, 0, 0})));
    EXPECT_EQ(start.flatfields.at(0).values, (Array::of<float>({2, 2}, {1, 1, 1, 1})));
    EXPECT_EQ(start.countrate_table, (Array::of<std::uint32_t>({4}, {0, 1, 2, 3})));
    EXPECT_EQ(start.user_data, Value(Dict{{"k", "v"}}));
    EXPECT_EQ(text_at(start.header, "detector_description"), "EIGER2 SIM");
  }
}

TEST(StreamV2, reads_images_of_every_compression) {
  ANNULUS_NEEDS_VECTORS();
  const std::string pixels = read_vector("dectris_image_65x48_u32.raw");
  for (const char* name : {"raw", "lz4", "bslz4"}) {
    const auto image = decoded<SeriesImage>(read_vector("dectris_v2_image_" + std::string(name) + ".cbor"));
    EXPECT_EQ(image.series, 12U);
    EXPECT_EQ(image.frame, 0U);
    EXPECT_EQ(image.series_time, 1704161046.0);
    EXPECT_EQ(image.start_time, 0.0);
    EXPECT_EQ(image.real_time, 0.1);
    EXPECT_EQ(image.channels.at(0).channel, "threshold_1");
    const auto array = decode_array(image.channels[0]);
    ASSERT_TRUE(array) << to_string(array.error());
    EXPECT_EQ(array->shape(), (Shape{65, 48}));
    EXPECT_EQ(std::memcmp(array->bytes().data(), pixels.data(), pixels.size()), 0) << name;
  }
}

TEST(StreamV2, reads_the_end) {
  ANNULUS_NEEDS_VECTORS();
  EXPECT_EQ(decoded<SeriesEnd>(read_vector("dectris_v2_end.cbor")).unique_id, "01DC3XQ8ENM14PYCDHQ9XVZZJ8");
}

TEST(StreamV2, writes_magic_and_type_first) {
  const std::string begin = chars("\xd9\xd9\xf7\xaa\x64type\x65image");
  SeriesImage image = sample_image(Packing::bslz4_chunk);
  image.series_time = 1704161046;
  image.user_data = 5;
  EXPECT_TRUE(encode_v2(image).starts_with(begin));
}

TEST(StreamV2, reads_what_it_writes) {
  const SeriesStart start = sample_start();
  const auto back = decoded<SeriesStart>(encode_v2(start));
  EXPECT_TRUE(back.problems.empty());
  EXPECT_EQ(back.unique_id, start.unique_id);
  EXPECT_EQ(back.time, start.time);
  EXPECT_EQ(back.images, start.images);
  EXPECT_EQ(back.channels, start.channels);
  EXPECT_EQ(back.detector_distance, start.detector_distance);
  EXPECT_EQ(back.energy, start.energy);
  EXPECT_EQ(back.pixel_masks.at(0).values, start.pixel_masks.at(0).values);
  EXPECT_EQ(back.flatfields.at(0).values, start.flatfields.at(0).values);
  EXPECT_EQ(back.user_data, start.user_data);
  for (const Packing packing : {Packing::none, Packing::lz4_chunk, Packing::bslz4_chunk}) {
    SeriesImage image = sample_image(packing);
    image.channels.push_back(encode_array(counting({4, 6}, 50), packing, "threshold_2"));
    const auto read = decoded<SeriesImage>(encode_v2(image));
    EXPECT_EQ(read.frame, 1U);
    EXPECT_EQ(read.stop_time, 0.75);
    EXPECT_EQ(decode_pixels(read), (std::vector{counting({4, 6}, 5), counting({4, 6}, 50)}));
    EXPECT_EQ(read.channels[1].channel, "threshold_2");
  }
  EXPECT_EQ(decoded<SeriesEnd>(encode_v2(SeriesEnd{7, "u"})).series, 7U);
}

TEST(StreamV2, writes_the_golden_messages_byte_for_byte_where_it_chooses_no_widths) {
  ANNULUS_NEEDS_VECTORS();
  const auto end = decoded<SeriesEnd>(read_vector("dectris_v2_end.cbor"));
  EXPECT_EQ(encode_v2(end), read_vector("dectris_v2_end.cbor"));
}

TEST(StreamV2, writes_what_the_golden_messages_say) {
  ANNULUS_NEEDS_VECTORS();
  const auto start = decoded<SeriesStart>(read_vector("dectris_v2_start.cbor"));
  const auto again = decoded<SeriesStart>(encode_v2(start));
  EXPECT_EQ(again.unique_id, start.unique_id);
  EXPECT_EQ(again.pixel_masks.at(0).values, start.pixel_masks.at(0).values);
  EXPECT_EQ(again.flatfields.at(0).values, start.flatfields.at(0).values);
  for (const auto& [key, value] : start.header) {
    const Value* written = again.header.find(key);
    ASSERT_NE(written, nullptr) << key;
    if (number_of(&value)) {
      EXPECT_DOUBLE_EQ(*number_of(written), *number_of(&value)) << key;
    } else if (key != "arm_date") {
      EXPECT_EQ(*written, value) << key;
    }
  }
  for (const char* name : {"raw", "lz4", "bslz4"}) {
    const auto image = decoded<SeriesImage>(read_vector("dectris_v2_image_" + std::string(name) + ".cbor"));
    const auto back = decoded<SeriesImage>(encode_v2(image));
    EXPECT_TRUE(std::ranges::equal(back.channels.at(0).bytes, image.channels.at(0).bytes)) << "packed bytes stay";
    EXPECT_EQ(back.channels[0].packing, image.channels[0].packing);
    EXPECT_EQ(back.series_time, image.series_time);
    EXPECT_EQ(back.stop_time, image.stop_time);
  }
}

TEST(StreamV2, writes_an_image_in_two_pieces) {
  SeriesImage image = sample_image(Packing::bslz4_chunk);
  const std::string pixels = encode_v2_pixels(image.channels);
  for (const std::uint64_t frame : {0ULL, 23ULL, 24ULL, 70'000ULL}) {
    image.frame = frame;
    EXPECT_EQ(encode_v2_head(image) + pixels, encode_v2(image));
    EXPECT_EQ(decoded<SeriesImage>(encode_v2_head(image) + pixels).frame, frame);
  }
}

TEST(StreamV2, leaves_the_tables_out_of_a_basic_header) {
  SeriesStart start = sample_start();
  start.header_detail = "basic";
  EXPECT_TRUE(decoded<SeriesStart>(encode_v2(start)).pixel_masks.empty());
}

/// Tells nothing of an image but what must be there, and then `data`.
std::string image_with(std::string_view data) {
  return chars(
             "\xa4\x64type\x65image\x69series_id\x01\x68image_id\x03\x64"
             "data") +
         std::string(data);
}

TEST(StreamV2, tolerates_nulls_and_unknown_keys) {
  CborWriter out;
  out.map(6);
  out.text("series_id"), out.natural(1);
  out.text("pixel_mask"), out.value({});
  out.text("flatfield"), out.value(Dict{{"1", {}}});
  out.text("channels"), out.value(List{"1"});
  out.text("later"), out.value(Dict{{"x", List{1.5, true, {}, Dict{}}}});
  out.text("type"), out.value("start");
  const auto start = decoded<SeriesStart>(out.take());
  EXPECT_TRUE(start.pixel_masks.empty() && start.flatfields.empty() && start.problems.empty());
  EXPECT_EQ(start.channels, std::vector<std::string>{"1"});
}

TEST(StreamV2, reads_indefinite_lengths) {
  const std::string data = chars("\xbf\x61y\xd8\x28\x9f\x9f\x01\x02\xff\xd8\x40\x5f\x41\x05\x41\x06\xff\xff\xff");
  const auto image = decoded<SeriesImage>(image_with(data));
  EXPECT_EQ(decode_array(image.channels.at(0)), (Array::of<std::uint8_t>({1, 2}, {5, 6})));
}

TEST(StreamV2, swaps_big_endian_arrays) {
  const auto image = decoded<SeriesImage>(image_with(chars("\xa1\x61y\xd8\x28\x82\x82\x01\x01\xd8\x41\x42\x01\x02")));
  EXPECT_EQ(decode_array(image.channels.at(0)), (Array::of<std::uint16_t>({1, 1}, {0x0102})));
}

TEST(StreamV2, says_what_it_cannot_read) {
  EXPECT_EQ(problem_of(""), "simplon: 1 bytes should follow, the message ends after 0 (at byte 0)");
  EXPECT_EQ(problem_of("\x80"), "simplon: a list stands where a mapping should be (at byte 1)");
  EXPECT_EQ(problem_of("\xa0"), "simplon: message has no 'series_id' (at byte 0)");
  EXPECT_EQ(problem_of(image_with("\xa0")), "simplon: image has no data (at byte 0)");
  EXPECT_EQ(problem_of(image_with("\xa0\x01")), "simplon: 1 bytes follow the message (at byte 39)");
  const auto elements = [](std::string_view tags) {
    return problem_of(image_with(chars("\xa1\x61y") + std::string(tags)));
  };
  EXPECT_EQ(elements(chars("\xd9\x04\x10\x80")), "simplon: arrays in column-major order are not read (at byte 44)");
  EXPECT_EQ(elements(chars("\xd8\x28\x82\x81\x01\xd8\x53\x41\x01")),
            "simplon: tag 83 is no type of array that is read (at byte 48)");
  EXPECT_EQ(elements(chars("\xd8\x28\x82\x81\x01\xd8\x40\xd9\xdc\xb4\x83\x64zstd\x00\x41\x01")),
            "simplon: packing 'zstd' is not known (bslz4 and lz4 are) (at byte 51)");
  EXPECT_EQ(elements(chars("\xd8\x28\x82\x81\x01\xd8\x40\x41\x01")),
            "simplon: image has not two dimensions (at byte 0)");
  EXPECT_EQ(problem_of(std::string(100, '\x81')), "simplon: a list stands where a mapping should be (at byte 1)");
  EXPECT_EQ(problem_of("\xa1\x61x" + std::string(100, '\x81')),
            "simplon: data is nested deeper than 32 levels (at byte 35)");
  EXPECT_EQ(problem_of("\xa1\x61x" + std::string(100, '\xc1')),
            "simplon: data is nested deeper than 32 levels (at byte 35)");
}

TEST(StreamV2, makes_no_more_values_than_a_message_can_mean) {
  EXPECT_EQ(problem_of("\xa1\x61x\x9f" + std::string(2'000'000, '\xf6')),
            "simplon: message has more than 1000000 values (at byte 1000004)");
}

TEST(StreamV2, keeps_a_header_whose_table_cannot_be_unpacked) {
  SeriesStart start = sample_start();
  std::string bytes = encode_v2(start);
  const auto at = bytes.find(chars("\xd8\x28\x82\x82\x04\x06"));
  ASSERT_NE(at, std::string::npos);
  bytes[at + 5] = 7;
  const auto back = decoded<SeriesStart>(bytes);
  EXPECT_TRUE(back.pixel_masks.empty());
  EXPECT_EQ(back.flatfields.size(), 1U);
  ASSERT_EQ(back.problems.size(), 1U);
  EXPECT_TRUE(back.problems[0].starts_with("pixel mask of 'threshold_1' is not used: simplon: ")) << back.problems[0];
}

TEST(StreamV2, survives_any_bytes) {
  const auto check = [](std::string bytes) {
    const Part part = part_of(std::move(bytes));
    const auto message = decode_v2(part);
    if (!message) {
      EXPECT_TRUE(message.error().problem.starts_with("simplon: "));
      EXPECT_LE(message.error().offset, part.bytes.size());
    } else if (const auto* image = std::get_if<SeriesImage>(&*message)) {
      (void)decode_pixels(*image);
    }
  };
  for (const std::string& bytes : {encode_v2(sample_start()), encode_v2(sample_image(Packing::lz4_chunk)),
                                   encode_v2(sample_image(Packing::bslz4_chunk))}) {
    for (std::size_t size = 0; size < bytes.size(); ++size) check(bytes.substr(0, size));
    for_each_mutation(bytes, 3000, check);
  }
}

}  // namespace
}  // namespace annulus::simplon
