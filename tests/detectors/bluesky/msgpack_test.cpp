// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/bluesky/msgpack.hpp"

#include "tests/detectors/bluesky/sample_value.hpp"
#include "tests/detectors/bluesky/vectors.hpp"

namespace annulus::bluesky {
namespace {

using testing::chars;
using testing::Message;
using testing::read_vector;

Expected<Value, DecodeError> decode(const std::string& text) {
  const Message message(text);
  return decode_msgpack(message.bytes(), message.text);
}

std::string problem_of(const std::string& text) {
  const auto value = decode(text);
  return value ? "no error" : value.error().problem;
}

TEST(Msgpack, reads_arrays_and_scalars_of_msgpack_numpy) {
  ANNULUS_NEEDS_VECTORS();
  EXPECT_EQ(*decode(read_vector("msgpack_numpy_u2_3x4.msgpack")), Value(testing::vector_image()));
  EXPECT_EQ(*decode(read_vector("msgpack_numpy_float32_scalar.msgpack")), Value(1.5));
  EXPECT_TRUE(decode(read_vector("msgpack_numpy_float64_scalar.msgpack"))->get_if<double>());
  EXPECT_TRUE(decode(read_vector("msgpack_numpy_int64_scalar.msgpack"))->get_if<std::int64_t>());
}

TEST(Msgpack, shares_the_bytes_of_the_message) {
  ANNULUS_NEEDS_VECTORS();
  const Message message(read_vector("msgpack_numpy_u2_3x4.msgpack"));
  const auto value = decode_msgpack(message.bytes(), message.text);
  EXPECT_EQ(value->get_if<Array>()->bytes().data(), message.bytes().data() + message.text->size() - 24);
  EXPECT_EQ(message.text.use_count(), 2);
}

TEST(Msgpack, refuses_structured_and_complex_by_name) {
  ANNULUS_NEEDS_VECTORS();
  EXPECT_NE(problem_of(read_vector("msgpack_numpy_struct.msgpack")).find("structured"), std::string::npos);
  EXPECT_NE(problem_of(read_vector("msgpack_numpy_complex.msgpack")).find("complex"), std::string::npos);
}

TEST(Msgpack, survives_every_truncation) {
  ANNULUS_NEEDS_VECTORS();
  for (const char* name : {"msgpack_numpy_u2_3x4.msgpack", "msgpack_numpy_struct.msgpack",
                           "msgpack_numpy_float32_scalar.msgpack", "kafka_payload_event.msgpack"}) {
    testing::for_each_prefix(read_vector(name), [&](const Message& message) {
      EXPECT_FALSE(decode_msgpack(message.bytes(), message.text)) << name << " cut to " << message.text->size();
    });
  }
}

TEST(Msgpack, takes_keys_and_data_as_text_from_old_writers) {
  const std::string array = chars(
      "\x84\xa2nd\xc3\xa4type\xa3<u2\xa5shape\x91\x01\xa4"
      "data\xa2\xff\xfe");
  EXPECT_EQ(*decode(array), Value(Array::of<std::uint16_t>({1}, {0xfeff})));
}

TEST(Msgpack, leaves_a_mapping_that_only_looks_like_an_array) {
  EXPECT_EQ(*decode(chars("\x82\xa4"
                          "data\xa1x\xa2nd\x01")),
            Value(Dict{{"data", "x"}, {"nd", 1}}));
}

TEST(Msgpack, reads_text_that_is_not_utf8_as_bytes) { EXPECT_EQ(*decode("\xa1\xff"), Value(Bytes{"\xff"})); }

TEST(Msgpack, refuses_what_is_no_document) {
  EXPECT_NE(problem_of("").find("cut short"), std::string::npos);
  EXPECT_NE(problem_of("\xc1").find("not msgpack"), std::string::npos);
  EXPECT_NE(problem_of(chars("\xd4\x05\x00")).find("extension types"), std::string::npos);
  EXPECT_NE(problem_of("\x81\x01\x02").find("key of a mapping is not text"), std::string::npos);
  EXPECT_NE(problem_of("\x81\x90\x02").find("key of a mapping is not text"), std::string::npos);
  EXPECT_NE(problem_of("\x82\xa1x\x01\xa1x\x02").find("occurs twice"), std::string::npos);
  EXPECT_NE(problem_of("\x01\x02").find("bytes follow"), std::string::npos);
}

TEST(Msgpack, refuses_lengths_beyond_the_message_without_allocating_them) {
  EXPECT_FALSE(decode("\xdd\xff\xff\xff\xff\x01"));
  EXPECT_FALSE(decode("\xdf\xff\xff\xff\xff\xa1x"));
  EXPECT_FALSE(decode("\xc6\xff\xff\xff\xff\x01"));
}

TEST(Msgpack, refuses_deep_nesting) {
  EXPECT_NE(problem_of(std::string(100, '\x91') + "\x01").find("nested deeper than 64"), std::string::npos);
}

TEST(Msgpack, refuses_arrays_whose_size_does_not_match) {
  const std::string head = "\x84\xa2nd\xc3\xa4type\xa3<u2\xa5shape";
  EXPECT_NE(problem_of(head + "\x91\x02\xa4"
                              "data\xc4\x03xyz")
                .find("has 3 bytes (needs 4)"),
            std::string::npos);
  EXPECT_NE(problem_of(head + "\x91\xff\xa4"
                              "data\xc4\x02xy")
                .find("something else than lengths"),
            std::string::npos);
  EXPECT_NE(problem_of(head + "\x01\xa4"
                              "data\xc4\x02xy")
                .find("no shape"),
            std::string::npos);
}

TEST(Msgpack, reads_what_it_writes) {
  std::string out;
  encode_msgpack(testing::sample_value(), out);
  const auto value = decode(out);
  ASSERT_TRUE(value) << value.error().problem;
  EXPECT_EQ(*value, testing::sample_value());
}

TEST(Msgpack, writes_the_same_bytes_as_msgpack_numpy) {
  ANNULUS_NEEDS_VECTORS();
  std::string out;
  encode_msgpack(testing::vector_image(), out);
  EXPECT_EQ(out, read_vector("msgpack_numpy_u2_3x4.msgpack"));
}

TEST(MsgpackLength, finds_the_end_of_the_first_object) {
  const std::string two = chars("\x92\xa1x\x01\xc0");
  EXPECT_EQ(*msgpack_length(Message(two).bytes()), std::optional<std::size_t>(4));
  EXPECT_EQ(*msgpack_length(Message(two.substr(0, 3)).bytes()), std::nullopt);
  EXPECT_FALSE(msgpack_length(Message("\xc1").bytes()));
}

}  // namespace
}  // namespace annulus::bluesky
