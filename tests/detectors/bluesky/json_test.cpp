// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/bluesky/json.hpp"

#include <cmath>
#include <limits>

#include "tests/detectors/bluesky/sample_value.hpp"
#include "tests/detectors/bluesky/vectors.hpp"

namespace annulus::bluesky {
namespace {

using testing::Message;

Expected<Value, DecodeError> decode(const std::string& text) { return decode_json(Message(text).bytes()); }

std::string encode(const Value& value) {
  std::string out;
  encode_json(value, out);
  return out;
}

TEST(Json, keeps_integers_doubles_and_nesting_apart) {
  EXPECT_EQ(*decode(R"({"a": [1, -2, 3.0, true, null, "x"], "b": {"c": []}})"),
            Value(Dict{{"a", List{1, -2, 3.0, true, nullptr, "x"}}, {"b", Dict{{"c", List{}}}}}));
}

TEST(Json, leaves_rectangular_lists_as_lists) {
  EXPECT_EQ(*decode("[[1, 2], [3, 4]]"), Value(List{List{1, 2}, List{3, 4}}));
}

TEST(Json, reads_and_writes_not_a_number_as_python_does) {
  const auto value = decode(R"({"a NaN \" Infinity": [NaN, -Infinity,Infinity, "NaN"]})");
  ASSERT_TRUE(value) << value.error().problem;
  const List& list = *list_at(*value->get_if<Dict>(), "a NaN \" Infinity");
  EXPECT_TRUE(std::isnan(list.at(0).number_or(0)));
  EXPECT_EQ(list.at(1), Value(-std::numeric_limits<double>::infinity()));
  EXPECT_EQ(list.at(2), Value(std::numeric_limits<double>::infinity()));
  EXPECT_EQ(list.at(3), Value("NaN"));
  EXPECT_EQ(encode(list), R"([NaN, -Infinity, Infinity, "NaN"])");
}

TEST(Json, refuses_broken_text_with_the_place) {
  const auto value = decode(R"({"a": 1,})");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().problem.substr(0, 6), "json: ");
  EXPECT_EQ(value.error().offset, 8U);
  for (const char* text : {"", "{", "[1,]", "1NaN", "NaN1", "nan", "+Infinity", "\"\\ud800\"", "\"\xff\"", "{1: 2}",
                           "[1] [2]", "1e999", "\"a", "\"\\"}) {
    EXPECT_FALSE(decode(text)) << text;
  }
}

TEST(Json, refuses_repeated_keys_and_deep_nesting) {
  EXPECT_NE(decode(R"({"a": 1, "a": 2})").error().problem.find("key 'a' occurs twice"), std::string::npos);
  EXPECT_NE(decode(std::string(100000, '[')).error().problem.find("nested deeper than 64"), std::string::npos);
}

TEST(Json, refuses_more_keys_than_any_document_has) {
  std::string text = "{";
  for (int i = 0; i < 10001; ++i) text += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":0";
  EXPECT_NE(decode(text + "}").error().problem.find("more than 10000 keys"), std::string::npos);
}

TEST(Json, reads_what_it_writes) {
  const auto value = decode(encode(testing::sample_plain_value()));
  ASSERT_TRUE(value) << value.error().problem;
  EXPECT_EQ(*value, testing::sample_plain_value());
}

TEST(Json, writes_arrays_as_nested_lists) {
  EXPECT_EQ(encode(Array::of<std::uint8_t>({2, 2}, {1, 2, 3, 255})), "[[1, 2], [3, 255]]");
  EXPECT_EQ(encode(Array::of<float>({2}, {0.1F, 2.0F})), "[0.1, 2.0]");
  EXPECT_EQ(encode(Array::of<double>({}, {1e100})), "1e+100");
  EXPECT_EQ(encode(Array::of<std::int8_t>({2, 0}, {})), "[[], []]");
}

TEST(Json, writes_bytes_as_text) { EXPECT_EQ(encode(Bytes{"a\xff\n"}), R"("a\u00ff\u000a")"); }

}  // namespace
}  // namespace annulus::bluesky
