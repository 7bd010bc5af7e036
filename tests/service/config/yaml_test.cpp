// SPDX-License-Identifier: BSD-3-Clause
#include "service/config/yaml.hpp"

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

namespace annulus {
namespace {

/// What is thrown, or else the mistakes, joined by newlines.
std::string complaint_about(const std::string& text) {
  Mistakes mistakes("c.yaml");
  try {
    static_cast<void>(parse_yaml(text, "c.yaml", mistakes));
    mistakes.throw_if_any();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

YamlNode read(const std::string& text) {
  Mistakes mistakes("c.yaml");
  YamlNode node = parse_yaml(text, "c.yaml", mistakes);
  mistakes.throw_if_any();
  return node;
}

TEST(Yaml, keeps_lines_of_keys_values_and_entries) {
  const YamlNode root = read("# head\na:\n  - x\n  - y\nb: {c: 1,\n  d: 2}\n");
  ASSERT_NE(root.mapping(), nullptr);
  const auto& items = *root.mapping();
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(items[0].line, 2);
  EXPECT_EQ((*items[0].value.sequence())[1].line, 4);
  EXPECT_EQ((*items[1].value.mapping())[1].key, "d");
  EXPECT_EQ((*items[1].value.mapping())[1].line, 6);
}

TEST(Yaml, resolves_plain_scalars_and_leaves_quoted_ones_text) {
  EXPECT_EQ(
      read("{a: 1e-3, b: '1e-3', c: \"true\", d: [0x10, ~, no], e: {f: x}}").to_value(),
      Value(Dict{{"a", 1e-3}, {"b", "1e-3"}, {"c", "true"}, {"d", List{16, nullptr, "no"}}, {"e", Dict{{"f", "x"}}}}));
}

TEST(Yaml, keeps_what_was_written_beside_what_it_means) {
  const YamlNode root = read("a: 1.10");
  EXPECT_EQ(root.mapping()->front().value.scalar()->text, "1.10");
}

TEST(Yaml, tells_of_keys_given_twice_and_keeps_the_first) {
  Mistakes mistakes("c.yaml");
  const YamlNode root = parse_yaml("a:\n  b: 1\n  c: 2\n  b: [3]\n", "c.yaml", mistakes);
  EXPECT_EQ(mistakes.texts(), std::vector<std::string>{"c.yaml:4: a.b: the key 'b' is given twice (first in line 2)"});
  EXPECT_EQ(root.to_value(), Value(Dict{{"a", Dict{{"b", 1}, {"c", 2}}}}));
}

TEST(Yaml, refuses_aliases_tags_and_keys_that_are_no_texts_one_by_one) {
  EXPECT_EQ(complaint_about("a: &x 1\nb: *x\nc: !!python/object 2\n? [d]\n: 3\n~: 4\n"),
            "c.yaml:2: b: an alias is not read here (a value says all of itself) write the value out\n"
            "c.yaml:3: c: the tag 'tag:yaml.org,2002:python/object' is not read here (types are told by form) remove "
            "it; quote a text\n"
            "c.yaml:4: a key must be a text\n"
            "c.yaml:6: a key must be a text");
}

TEST(Yaml, an_alias_bomb_costs_nothing) {
  std::string text = "a0: &a0 [x]\n";
  for (int i = 1; i < 40; ++i) {
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 9; ++j) text += "*a" + std::to_string(i - 1) + ",";
    text += "]\n";
  }
  EXPECT_NE(complaint_about(text).find("an alias is not read here"), std::string::npos);
}

TEST(Yaml, says_where_the_syntax_is_wrong) {
  EXPECT_EQ(complaint_about("a: 1\nb: {c: 2\n"), "c.yaml:2: column 1: this is not YAML (end of map flow not found)");
  EXPECT_EQ(complaint_about("a: 1\n  b: 2\n"), "c.yaml:2: column 4: this is not YAML (illegal map value)");
  EXPECT_EQ(complaint_about("a: *nobody\n"),
            "c.yaml:1: column 4: this is not YAML (the referenced anchor is not defined)");
}

TEST(Yaml, says_in_which_line_a_quote_is_left_open) {
  EXPECT_EQ(complaint_about("a: 1\nb: 'x\nc: 3\nd: {e: 4}\n\n"),
            "c.yaml:2: a text that begins with a quote in this line is never closed");
  EXPECT_EQ(complaint_about("a: \"x"), "c.yaml:1: a text that begins with a quote in this line is never closed");
  EXPECT_EQ(complaint_about("a: 'two\n  lines'\nb:\n- {c: \"x}\n- y\n"),
            "c.yaml:4: a text that begins with a quote in this line is never closed");
}

TEST(Yaml, refuses_a_second_document) {
  EXPECT_EQ(complaint_about("a: 1\n---\nb: 2\n"),
            "c.yaml:3: a second YAML document begins here (a configuration is one) remove '---'");
}

TEST(Yaml, refuses_tabs_as_indentation) {
  EXPECT_EQ(complaint_about("a:\n\tb: 1\n"),
            "c.yaml:2: a tab indents this line (YAML allows only spaces there) replace it by spaces");
  EXPECT_EQ(complaint_about("a:\n  \t b: 1\n"),
            "c.yaml:2: a tab indents this line (YAML allows only spaces there) replace it by spaces");
  EXPECT_EQ(complaint_about("a: 1\t# a tab elsewhere\n\t\n\t# or here\nb: 2\n"), "");
}

TEST(Yaml, refuses_what_is_not_a_text) {
  EXPECT_EQ(complaint_about(std::string("a: 1\n\x89HDF\0", 10)),
            "c.yaml:2: this is not a text (it holds the byte 0x00)");
}

TEST(Yaml, refuses_a_text_too_long_or_too_deep) {
  EXPECT_EQ(complaint_about(std::string(max_config_bytes + 1, ' ')),
            "c.yaml:1: the file is larger than 256 KiB (is it a configuration?)");
  const std::string deep = "c.yaml:1: nested more than 32 levels deep";
  EXPECT_EQ(complaint_about(std::string(100'000, '[')), deep);
  EXPECT_EQ(complaint_about("a: " + std::string(100'000, '{')), deep);
  std::string dashes;
  for (int i = 0; i < 50'000; ++i) dashes += "- ";
  EXPECT_EQ(complaint_about(dashes), deep);
  std::string questions;
  for (int i = 0; i < 50'000; ++i) questions += "? ";
  EXPECT_EQ(complaint_about(questions), deep);
  EXPECT_EQ(complaint_about("a: [[[[[[[[x]]]]]]]]"), "");
}

TEST(Yaml, an_empty_text_is_null) {
  EXPECT_TRUE(read("").is_null());
  EXPECT_TRUE(read("# nothing but this\n\n").is_null());
}

/// Every prefix of a text, and every text with one byte replaced by one that means something in YAML.
TEST(Yaml, damaged_text_is_read_or_refused_and_nothing_else) {
  const std::string text =
      "version: 1\nservice: {name: x, http: [1, 'a']}\nsources:\n  raw: {type: \"c\\n\", k: &a |\n    b\n  }\n"
      "l:\n- a: b\n  c: !t d\n- ? e\n  : f\n- >-\n  g\n...\n";
  std::size_t refused = 0;
  const auto try_text = [&](const std::string& damaged) { refused += complaint_about(damaged).empty() ? 0U : 1U; };
  for (std::size_t n = 0; n <= text.size(); ++n) try_text(text.substr(0, n));
  for (std::size_t n = 0; n < text.size(); ++n) {
    for (const char c : std::string_view("{}[]:,'\"&*!|>%@?-# \n\t\\\xff")) {
      std::string damaged = text;
      damaged[n] = c;
      try_text(damaged);
    }
  }
  EXPECT_GT(refused, text.size());
}

}  // namespace
}  // namespace annulus
