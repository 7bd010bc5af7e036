// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/bin_axis.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace annulus {
namespace {

/// Values in the bins, on every edge and just beside it.
std::vector<double> values_within(const BinAxis& axis) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> anywhere(axis.lo(), axis.hi());
  std::vector<double> values(1000);
  for (double& value : values) value = anywhere(random);
  for (const double edge : axis.edges()) {
    for (const double value : {std::nextafter(edge, axis.lo()), edge, std::nextafter(edge, axis.hi())}) {
      if (value >= axis.lo() && value < axis.hi()) values.push_back(value);
    }
  }
  return values;
}

std::vector<BinAxis> axes() {
  return {BinAxis(Range{0.1, 7.3}, 1000, Spacing::linear), BinAxis(Range{-3, 1e6}, 1, Spacing::linear),
          BinAxis(Range{1e-3, 30}, 77, Spacing::logarithmic), BinAxis({-2, -1.5, 0, 0.25, 100})};
}

TEST(BinAxis, finds_the_bin_that_holds_a_value) {
  for (const BinAxis& axis : axes()) {
    for (const double value : values_within(axis)) {
      const std::size_t bin = axis.bin_of(value);
      EXPECT_GE(value, axis.edge(bin));
      EXPECT_LT(value, axis.edge(bin + 1));
    }
  }
}

TEST(BinAxis, finds_the_same_bins_for_many_values) {
  for (const BinAxis& axis : axes()) {
    const std::vector<double> values = values_within(axis);
    std::vector<std::uint32_t> bins(values.size());
    axis.bins_of(values, bins);
    for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(bins[i], axis.bin_of(values[i])) << values[i];
  }
}

TEST(BinAxis, takes_the_nearest_bin_for_what_lies_outside) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (const BinAxis& axis : axes()) {
    const std::vector<double> values{-infinity, std::nextafter(axis.lo(), -infinity), axis.hi(), infinity,
                                     std::nan("")};
    std::vector<std::uint32_t> bins(values.size());
    axis.bins_of(values, bins);
    const auto last = static_cast<std::uint32_t>(axis.size() - 1);
    EXPECT_EQ(bins[0], 0U);
    EXPECT_EQ(bins[1], 0U);
    EXPECT_EQ(bins[2], last);
    EXPECT_EQ(bins[3], last);
    EXPECT_LE(bins[4], last);
  }
}

}  // namespace
}  // namespace annulus
