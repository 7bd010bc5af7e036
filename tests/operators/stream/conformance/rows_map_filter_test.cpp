// SPDX-License-Identifier: BSD-3-Clause
#include "tests/operators/stream/conformance/rows.hpp"

namespace annulus::testing {
namespace {

TEST(StreamzRows, row_001_two_branches_of_one_source) {
  Rows rows;
  const auto& sums = rows.collect(rows.a.stream().map(increment).scan(add));
  const auto& doubles = rows.collect(rows.a.stream().map([](int x) { return 2 * x; }));
  rows.run({0, 1, 2, 3});
  EXPECT_EQ(sums, (Ints{1, 3, 6, 10}));
  EXPECT_EQ(doubles, (Ints{0, 2, 4, 6}));
}

}  // namespace
}  // namespace annulus::testing
