// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/powder/poisson.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace annulus {
namespace {

class Poisson : public testing::TestWithParam<double> {};
INSTANTIATE_TEST_SUITE_P(Means, Poisson, testing::Values(0.05, 0.7, 4.0, 9.9, 10.1, 35.0, 1000.0, 3e6));

TEST_P(Poisson, has_equal_mean_and_variance) {
  constexpr int draws = 200'000;
  const double mean = GetParam();
  RandomNumbers random(7, 0);
  double sum = 0, squares = 0;
  for (int i = 0; i < draws; ++i) {
    const double x = static_cast<double>(poisson(mean, random)) - mean;
    sum += x;
    squares += x * x;
  }
  // Five standard errors of each, with the fourth moment of the distribution.
  EXPECT_NEAR(sum / draws, 0, 5 * std::sqrt(mean / draws));
  EXPECT_NEAR(squares / draws, mean, 5 * std::sqrt((2 * mean * mean + mean) / draws));
}

TEST(PoissonProbability, of_each_count_is_right_on_both_sides_of_the_change_of_method) {
  constexpr int draws = 200'000;
  for (const double mean : {9.5, 10.5}) {
    RandomNumbers random(3, 1);
    std::vector<int> seen(40, 0);
    for (int i = 0; i < draws; ++i) {
      const auto counts = poisson(mean, random);
      if (counts < seen.size()) ++seen[counts];
    }
    for (std::size_t k = 0; k < seen.size(); ++k) {
      const double n = static_cast<double>(k);
      const double expected = draws * std::exp(n * std::log(mean) - mean - std::lgamma(n + 1));
      EXPECT_NEAR(seen[k], expected, 5 * std::sqrt(expected) + 5) << k << " of " << mean;
    }
  }
}

TEST(PoissonProbability, of_a_count_without_a_mean_is_zero) {
  RandomNumbers random(1, 1);
  EXPECT_EQ(poisson(0, random), 0U);
  EXPECT_EQ(poisson(-1, random), 0U);
}

TEST(RandomNumbers, differ_between_streams_and_repeat_for_the_same_one) {
  RandomNumbers a(1, 0), again(1, 0), b(1, 1);
  const auto first = a.next();
  EXPECT_EQ(first, again.next());
  EXPECT_NE(first, b.next());
}

}  // namespace
}  // namespace annulus
