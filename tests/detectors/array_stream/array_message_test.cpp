// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/array_stream/array_message.hpp"

#include "tests/detectors/simplon/samples.hpp"

namespace annulus::array_stream {
namespace {

using simplon::Packing;
using simplon::Part;
using simplon::testing::counting;
using simplon::testing::part_of;

StreamedArray decoded(const std::vector<Part>& parts) {
  auto array = decode_array_message(parts);
  if (!array) throw std::runtime_error(to_string(array.error()));
  return std::move(*array);
}

StreamedArray sample(Packing packing) {
  StreamedArray array;
  array.frame = 4;
  array.time = 1700000000.5;
  array.image = encode_array(counting({40, 61}), packing);
  array.attributes = std::make_shared<const Dict>(Dict{{"Exposure", 0.5}});
  return array;
}

constexpr Packing packings[] = {Packing::none, Packing::lz4_block, Packing::lz4_chunk, Packing::bslz4_headerless};

TEST(ArrayMessage, reads_what_areaDetector_sends) {
  ANNULUS_NEEDS_VECTORS();
  const auto array = decoded(simplon::testing::parts_in(simplon::testing::read_vector("adzmq_array-1.0.lendump")));
  EXPECT_EQ(array.frame, 5U);
  EXPECT_EQ(array.time, 1069200000.25 + 631152000);
  EXPECT_EQ(decode_array(array.image), bluesky::testing::vector_image());
  EXPECT_EQ(*array.attributes, (Dict{{"ColorMode", 0}}));
}

TEST(ArrayMessage, reads_the_older_dialect_with_x_first) {
  const auto array =
      decoded({part_of(R"({"htype":["array-1.0"],"type":"uint8","shape":[3,2],"frame":0})"), part_of("abcdef")});
  EXPECT_EQ(array.image.shape, (Shape{2, 3}));
  EXPECT_EQ(array.time, 0);
  EXPECT_EQ(array.attributes, nullptr);
}

TEST(ArrayMessage, reads_what_it_writes) {
  for (const Packing packing : packings) {
    const StreamedArray array = sample(packing);
    const auto back = decoded(encode_array_message(array));
    EXPECT_EQ(back.frame, 4U);
    EXPECT_EQ(back.time, array.time);
    EXPECT_EQ(*back.attributes, *array.attributes);
    EXPECT_EQ(decode_array(back.image), counting({40, 61})) << static_cast<int>(packing);
  }
}

TEST(ArrayMessage, passes_over_the_rubbish_behind_packed_pixels) {
  for (const Packing packing : {Packing::lz4_block, Packing::lz4_chunk, Packing::bslz4_headerless}) {
    auto parts = encode_array_message(sample(packing));
    parts[1] = part_of(simplon::testing::text_of(parts[1]) + std::string(5000, '\x7f'));
    EXPECT_EQ(decode_array(decoded(parts).image), counting({40, 61})) << static_cast<int>(packing);
  }
}

TEST(ArrayMessage, says_what_it_cannot_read) {
  const auto problem = [](const std::vector<Part>& parts) {
    const auto array = decode_array_message(parts);
    return array ? "none" : array.error().problem;
  };
  const auto header = [&](const std::string& rest) {
    return problem({part_of(R"({"htype":"array-1.0","frame":1)" + rest + "}"), part_of("a")});
  };
  EXPECT_EQ(problem({part_of("{}")}), "array-1.0: message has 1 parts instead of 2");
  EXPECT_EQ(problem({part_of("{}"), part_of("")}), "array-1.0: part 1 has not the htype 'array-1.0'");
  EXPECT_TRUE(problem({part_of("{"), part_of("")}).starts_with("array-1.0: part 1: json: "));
  EXPECT_EQ(header(R"(,"type":"uint8","shape":[3,2,3])"),
            "array-1.0: 'shape' is not that of an image (two dimensions)");
  EXPECT_EQ(header(R"(,"type":"str","shape":[1,1])"), "array-1.0: 'type' is no element type");
  EXPECT_EQ(header(R"(,"type":"uint8","shape":[1,1],"encoding":"jpeg")"),
            "array-1.0: encoding 'jpeg' is not known (none, lz4, bslz4 and lz4hdf5 are)");
}

TEST(ArrayMessage, survives_any_bytes) {
  for (const Packing packing : packings) {
    const auto parts = encode_array_message(sample(packing));
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const auto check = [&](std::string content) {
        auto changed = parts;
        changed[i] = part_of(std::move(content));
        const auto array = decode_array_message(changed);
        if (array) (void)decode_array(array->image);
      };
      const std::string text = simplon::testing::text_of(parts[i]);
      for (std::size_t size = 0; size < text.size(); size += 1 + size / 64) check(text.substr(0, size));
      simplon::testing::for_each_mutation(text, 500, check);
    }
  }
}

}  // namespace
}  // namespace annulus::array_stream
