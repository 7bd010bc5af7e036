// SPDX-License-Identifier: BSD-3-Clause
#include "operators/data/text.hpp"

#include <array>
#include <regex>

#include <gtest/gtest.h>

#include "operators/data/uid.hpp"

namespace annulus {
namespace {

constexpr std::array<std::string_view, 3> names{"q_nm^-1", "q_A^-1", "2th_deg"};

TEST(Suggest, names_the_nearest_candidate) { EXPECT_EQ(suggest("q_nm-1", names), " Did you mean 'q_nm^-1'?"); }

TEST(Suggest, lists_all_when_none_is_near) {
  EXPECT_EQ(suggest("furlong", names), " Choose one of: q_nm^-1, q_A^-1, 2th_deg.");
}

TEST(Uid, is_a_version_4_uuid_and_never_the_same) {
  const std::regex form("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  const std::string a = make_uid();
  EXPECT_TRUE(std::regex_match(a, form)) << a;
  EXPECT_NE(a, make_uid());
}

TEST(Suggest, knows_swapped_letters_and_beginnings) {
  const std::vector<std::string_view> keys{"level", "q_nm^-1", "q_A^-1", "r_mm"};
  EXPECT_EQ(suggest("levle", keys), " Did you mean 'level'?");
  EXPECT_EQ(suggest("q_nm", keys), " Did you mean 'q_nm^-1'?");
  EXPECT_EQ(closest("q_", keys), "");  // two begin so
}

}  // namespace
}  // namespace annulus
