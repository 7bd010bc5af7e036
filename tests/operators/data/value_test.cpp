// SPDX-License-Identifier: BSD-3-Clause
#include "operators/data/value.hpp"

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

namespace annulus {
namespace {

TEST(Dict, keeps_the_order_of_insertion) {
  Dict dict{{"uid", "x"}, {"time", 1.5}};
  dict.set("scan_id", 3);
  dict.set("uid", "y");
  std::string keys;
  for (const auto& [key, value] : dict) keys += key + ",";
  EXPECT_EQ(keys, "uid,time,scan_id,");
  EXPECT_EQ(text_at(dict, "uid"), "y");
}

TEST(Dict, equality_ignores_the_order) {
  EXPECT_EQ((Dict{{"a", 1}, {"b", 2}}), (Dict{{"b", 2}, {"a", 1}}));
  EXPECT_NE((Dict{{"a", 1}}), (Dict{{"a", 2}}));
}

TEST(Dict, shares_its_keys_with_copies_until_one_gets_another_key) {
  const Dict first{{"a", 1}, {"b", 2}};
  Dict second = first;
  second.set("b", 3);
  EXPECT_EQ(&second.keys(), &first.keys());
  second.set("c", 4);
  EXPECT_NE(&second.keys(), &first.keys());
  EXPECT_EQ(first, (Dict{{"a", 1}, {"b", 2}}));
  EXPECT_EQ(second, (Dict{{"a", 1}, {"b", 3}, {"c", 4}}));
}

TEST(Dict, can_be_made_of_keys_that_others_have) {
  const auto keys = std::make_shared<Dict::Keys>(Dict::Keys{"a", "b"});
  Dict first(keys, List{1, 2});
  const Dict second(keys, List{3, 4});
  first.append("c", 5);
  EXPECT_EQ(first, (Dict{{"a", 1}, {"b", 2}, {"c", 5}}));
  EXPECT_EQ(second, (Dict{{"b", 4}, {"a", 3}}));
  EXPECT_NE(second, (Dict{{"a", 3}}));
  EXPECT_TRUE(Dict().keys().empty());
  EXPECT_EQ(Dict().begin(), Dict().end());
}

TEST(Dict, can_be_had_without_large_arrays) {
  const Array large = Array::of<std::uint8_t>({2, 3}, {1, 2, 3, 4, 5, 6});
  const Array small = Array::of<std::uint8_t>({1}, {1});
  const Dict dict{{"a", large}, {"b", small}, {"c", Dict{{"d", large}, {"e", 1}}}};
  EXPECT_EQ(without_large_arrays(dict, 5),
            (Dict{{"a", "array 2 x 3 uint8"}, {"b", small}, {"c", Dict{{"d", "array 2 x 3 uint8"}, {"e", 1}}}}));
  EXPECT_EQ(without_large_arrays(dict, 6), dict);
}

TEST(Value, converts_numbers_and_falls_back) {
  EXPECT_EQ(Value(3).number_or(0), 3.0);
  EXPECT_EQ(Value(true).number_or(0), 1.0);
  EXPECT_EQ(Value("3").number_or(-1), -1.0);
  EXPECT_EQ(Value(std::uint64_t{7}), Value(7));
  EXPECT_EQ(Value(2.0).integer_or(9), 9);
}

TEST(Value, nests) {
  const Dict doc{{"hints", Dict{{"fields", List{"a", "b"}}}}};
  const Dict* hints = dict_at(doc, "hints");
  ASSERT_NE(hints, nullptr);
  ASSERT_NE(list_at(*hints, "fields"), nullptr);
  EXPECT_EQ(list_at(*hints, "fields")->size(), 2U);
  EXPECT_EQ(dict_at(doc, "none"), nullptr);
}

TEST(ConfigErrors, hold_a_line_per_mistake) {
  const std::vector<std::string> mistakes{"a.yaml:1: x", "a.yaml:2: y"};
  EXPECT_STREQ(ConfigError(mistakes).what(), "a.yaml:1: x\na.yaml:2: y");
}

}  // namespace
}  // namespace annulus
