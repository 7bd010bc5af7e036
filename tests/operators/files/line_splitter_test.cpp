// SPDX-License-Identifier: BSD-3-Clause
#include "operators/files/line_splitter.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

namespace annulus {
namespace {

using Lines = std::vector<std::string>;

/// The lines of `text` when it comes in chunks of that size, and what is left.
Lines split(const std::string& text, std::size_t chunk, LineSplitter& splitter) {
  Lines lines;
  for (std::size_t i = 0; i < text.size(); i += chunk) {
    splitter.add(text.substr(i, chunk));
    while (splitter.has_line()) lines.push_back(splitter.take());
  }
  lines.push_back(splitter.take_rest());
  return lines;
}

TEST(LineSplitter, does_not_depend_on_how_the_bytes_come) {
  const std::string text = "one\r\n\r\ntwo\rthree\nfour\r\nrest\r";
  for (std::size_t chunk = 1; chunk <= text.size(); ++chunk) {
    LineSplitter splitter("\r\n");
    EXPECT_EQ(split(text, chunk, splitter), (Lines{"one\r\n", "\r\n", "two\rthree\nfour\r\n", "rest\r"})) << chunk;
  }
}

TEST(LineSplitter, skips_and_counts_lines_that_are_too_long) {
  const std::string text = "1234;12345;;123456789;12;123456";
  for (std::size_t chunk = 1; chunk <= text.size(); ++chunk) {
    LineSplitter splitter(";", 4);
    EXPECT_EQ(split(text, chunk, splitter), (Lines{"1234;", ";", "12;", ""})) << chunk;
    EXPECT_EQ(splitter.skipped(), 3U) << chunk;
  }
}

TEST(LineSplitter, is_as_strict_with_a_long_delimiter) {
  const std::string text = "abcd<end>abcde<end>ab<enab<end>";
  for (std::size_t chunk = 1; chunk <= text.size(); ++chunk) {
    LineSplitter splitter("<end>", 4);
    EXPECT_EQ(split(text, chunk, splitter), (Lines{"abcd<end>", ""})) << chunk;
    EXPECT_EQ(splitter.skipped(), 2U) << chunk;
  }
}

TEST(LineSplitter, refuses_an_empty_delimiter) { EXPECT_THROW(LineSplitter(""), ConfigError); }

}  // namespace
}  // namespace annulus
