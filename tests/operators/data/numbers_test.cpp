// SPDX-License-Identifier: BSD-3-Clause
#include "operators/data/numbers.hpp"

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

namespace annulus {
namespace {

TEST(Numbers, are_shared_by_copies_until_one_is_edited) {
  Numbers a{1, 2, 3};
  const Numbers b = a;
  EXPECT_EQ(a.data(), b.data());
  a.edit()[1] = 5;
  EXPECT_EQ(a, (Numbers{1, 5, 3}));
  EXPECT_EQ(b, (Numbers{1, 2, 3}));
}

TEST(Numbers, keep_their_place_when_nobody_shares_them) {
  Numbers a = Numbers::zeros(4);
  const double* before = a.data();
  a.edit()[3] = 1;
  EXPECT_EQ(a.data(), before);
  EXPECT_EQ(a.front(), 0);
  EXPECT_EQ(a.back(), 1);
}

TEST(Numbers, are_an_array_that_does_not_change_with_them) {
  Numbers a{1, 2, 3, 4};
  const Array array = a.as_array({2, 2});
  EXPECT_EQ(array.bytes().data(), reinterpret_cast<const std::byte*>(a.data()));
  a.edit()[0] = 7;
  EXPECT_EQ(array.to_vector<double>(), (std::vector<double>{1, 2, 3, 4}));
  EXPECT_THROW((void)a.as_array({3}), DataError);
}

TEST(Numbers, may_be_none) {
  Numbers none;
  EXPECT_TRUE(none.empty());
  EXPECT_TRUE(none.edit().empty());
  EXPECT_EQ(none, Numbers::zeros(0));
  EXPECT_EQ(Numbers(std::vector<double>{}).size(), 0U);
}

}  // namespace
}  // namespace annulus
