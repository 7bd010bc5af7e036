// SPDX-License-Identifier: BSD-3-Clause
#include "service/config/scalar.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace annulus {
namespace {

TEST(Scalar, reads_integers_in_three_bases) {
  EXPECT_EQ(resolve_plain_scalar("12"), Value(12));
  EXPECT_EQ(resolve_plain_scalar("-12"), Value(-12));
  EXPECT_EQ(resolve_plain_scalar("+12"), Value(12));
  EXPECT_EQ(resolve_plain_scalar("007"), Value(7));
  EXPECT_EQ(resolve_plain_scalar("0x1F"), Value(31));
  EXPECT_EQ(resolve_plain_scalar("0o17"), Value(15));
  EXPECT_EQ(resolve_plain_scalar("18446744073709551615"), Value(std::uint64_t{18446744073709551615U}));
}

TEST(Scalar, reads_numbers) {
  EXPECT_EQ(resolve_plain_scalar("1e-3"), Value(1e-3));
  EXPECT_EQ(resolve_plain_scalar("1."), Value(1.0));
  EXPECT_EQ(resolve_plain_scalar("-.5"), Value(-0.5));
  EXPECT_EQ(resolve_plain_scalar("+2.5E+2"), Value(250.0));
  EXPECT_EQ(resolve_plain_scalar("184467440737095516150"), Value(184467440737095516150.0));
  EXPECT_EQ(resolve_plain_scalar("-.inf"), Value(-INFINITY));
  EXPECT_TRUE(std::isnan(resolve_plain_scalar(".NaN").number_or(0)));
}

TEST(Scalar, knows_true_false_and_null_in_their_spellings) {
  for (const char* text : {"true", "True", "TRUE"}) EXPECT_EQ(resolve_plain_scalar(text), Value(true)) << text;
  for (const char* text : {"false", "False", "FALSE"}) EXPECT_EQ(resolve_plain_scalar(text), Value(false)) << text;
  for (const char* text : {"", "~", "null", "Null", "NULL"}) EXPECT_TRUE(resolve_plain_scalar(text).is_null()) << text;
}

TEST(Scalar, takes_everything_else_for_text) {
  for (const char* text : {"no",  "on",    "0x",    "0xg",     "0o8",       "inf", "nan", "+-1", "--1", "-0x1", "1e",
                           "1 2", "1_000", "12:30", "q_nm^-1", "127.0.0.1", ".",   "-",   "+",   ".e3", "tRue"}) {
    EXPECT_EQ(resolve_plain_scalar(text), Value(text)) << text;
  }
}

}  // namespace
}  // namespace annulus
