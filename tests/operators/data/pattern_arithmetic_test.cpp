// SPDX-License-Identifier: BSD-3-Clause
#include "operators/data/pattern_arithmetic.hpp"

#include <array>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

namespace annulus {
namespace {

struct Pixel {
  std::size_t bin;
  double c, s, n;
};

constexpr std::size_t bins = 6;  // the last has no pixels
const auto axis = std::make_shared<const RadialAxis>(RadialAxis::uniform(RadialUnit::q_nm, 0, 12, bins));

std::vector<Pixel> random_pixels(unsigned seed, std::size_t count = 100) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> uniform(0.5, 1.5);
  std::vector<Pixel> pixels(count);
  for (std::size_t i = 0; i < count; ++i)
    pixels[i] = {i % (bins - 1), uniform(random), 90 * uniform(random), uniform(random)};
  return pixels;
}

/// Averages with the scatter within a bin as variance, each after its definition.
Pattern azimuthal(const std::vector<Pixel>& pixels, std::shared_ptr<const RadialAxis> on = axis) {
  const std::vector<double> zero(on->bins());
  Pattern p{.axis = on,
            .intensity = {},
            .sigma = {},
            .signal = zero,
            .variance = zero,
            .normalization = zero,
            .normalization_squared = zero,
            .count = zero,
            .cross = zero,
            .readings = {}};
  for (const Pixel& x : pixels) {
    p.signal.edit()[x.bin] += x.c * x.s;
    p.normalization.edit()[x.bin] += x.c * x.n;
    p.normalization_squared.edit()[x.bin] += x.c * x.n * x.c * x.n;
    p.count.edit()[x.bin] += x.c;
  }
  for (const Pixel& x : pixels) {
    const double off = x.s - p.signal[x.bin] / p.normalization[x.bin] * x.n;
    p.variance.edit()[x.bin] += x.c * x.c * off * off;
    p.cross.edit()[x.bin] += x.c * x.c * x.n * off;
  }
  set_averages(p);
  return p;
}

void expect_same(const Pattern& a, const Pattern& b) {
  for (const auto field :
       {&Pattern::intensity, &Pattern::sigma, &Pattern::std, &Pattern::signal, &Pattern::variance,
        &Pattern::normalization, &Pattern::normalization_squared, &Pattern::count, &Pattern::cross}) {
    ASSERT_EQ((a.*field).size(), (b.*field).size());
    for (std::size_t i = 0; i < (a.*field).size(); ++i) {
      if (std::isnan((b.*field)[i])) {
        EXPECT_TRUE(std::isnan((a.*field)[i])) << "bin " << i;
      } else {
        EXPECT_NEAR((a.*field)[i], (b.*field)[i], 1e-11 * std::abs((b.*field)[i]) + 1e-9) << "bin " << i;
      }
    }
  }
}

std::vector<Pixel> both(std::vector<Pixel> a, const std::vector<Pixel>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST(PatternArithmetic, takes_averages_and_errors_from_the_sums) {
  Pattern p{.axis = axis,
            .intensity = {},
            .sigma = {},
            .signal = {12, 0},
            .variance = {9, 0},
            .normalization = {4, 0},
            .normalization_squared = {8, 0},
            .count = {5, 0},
            .readings = {}};
  set_averages(p);
  EXPECT_EQ(p.intensity[0], 3);
  EXPECT_EQ(p.sigma[0], 0.75);
  EXPECT_EQ(p.std[0], std::sqrt(9.0 / 8));
  EXPECT_TRUE(std::isnan(p.intensity[1]) && std::isnan(p.sigma[1]) && std::isnan(p.std[1])) << "missing is never zero";
}

TEST(PatternArithmetic, unites_as_if_all_pixels_were_of_one_frame) {
  const auto a = random_pixels(1), b = random_pixels(2, 37), c = random_pixels(3, 3);
  const std::array parts{azimuthal(a), azimuthal(b), azimuthal(c)};
  expect_same(unite(parts), azimuthal(both(both(a, b), c)));
}

TEST(PatternArithmetic, unites_in_any_order) {
  const auto a = azimuthal(random_pixels(1)), b = azimuthal(random_pixels(2)), c = azimuthal(random_pixels(3));
  const std::array bc{b, c}, ab{a, b};
  const std::array left{unite(ab), c}, right{a, unite(bc)};
  expect_same(unite(left), unite(right));
}

TEST(PatternArithmetic, rebins_as_if_the_bins_had_been_wider) {
  auto pixels = random_pixels(4);
  const Pattern fine = azimuthal(pixels);
  for (Pixel& pixel : pixels) pixel.bin /= 4;
  auto wide = std::make_shared<RadialAxis>(RadialAxis::uniform(RadialUnit::q_nm, 0, 16, 2));
  wide->edges[2] = 12;
  const Pattern coarse = rebin(fine, 4);
  expect_same(coarse, azimuthal(pixels, wide));
  EXPECT_EQ(coarse.axis->edges, (std::vector<double>{0, 8, 12}));
  EXPECT_EQ(coarse.axis->centres, (std::vector<double>{4, 10}));
}

TEST(PatternArithmetic, subtracts_and_adds_independent_frames) {
  const Pattern a = azimuthal(random_pixels(5)), b = azimuthal(random_pixels(6));
  const Pattern net = subtract(a, b, 0.5);
  for (std::size_t i = 0; i + 1 < bins; ++i) {
    EXPECT_NEAR(net.intensity[i], a.intensity[i] - 0.5 * b.intensity[i], 1e-12 * a.intensity[i]);
    EXPECT_NEAR(net.sigma[i], std::hypot(a.sigma[i], 0.5 * b.sigma[i]), 1e-12 * a.sigma[i]);
  }
  EXPECT_TRUE(std::isnan(net.intensity.back()));
  const Pattern sum = add(a, a);
  EXPECT_EQ(sum.intensity[0], 2 * a.intensity[0]);
  EXPECT_EQ(sum.count, a.count);
}

TEST(PatternArithmetic, refuses_what_does_not_fit) {
  const Pattern a = azimuthal(random_pixels(1));
  const auto other = std::make_shared<const RadialAxis>(RadialAxis::uniform(RadialUnit::q_nm, 0, 13, bins));
  EXPECT_THROW((void)add(a, azimuthal(random_pixels(1), other)), DataError);
  EXPECT_THROW((void)add(a, azimuthal(random_pixels(2))), DataError) << "other normalizations";
  EXPECT_THROW((void)unite(std::span<const Pattern>{}), DataError);
  EXPECT_THROW((void)rebin(a, 0), DataError);
  Pattern plain = a;
  plain.cross = {};
  EXPECT_THROW((void)subtract(a, plain), DataError);
}

TEST(PatternArithmetic, joins_the_sectors_of_a_cake) {
  const Pattern a = azimuthal(random_pixels(7)), b = azimuthal(random_pixels(8));
  Cake cake;
  cake.axis = axis;
  cake.azimuthal_axis = std::make_shared<const AzimuthalAxis>(AzimuthalAxis::between({-180, 0, 180}));
  const auto stack = [](const Numbers& first, const Numbers& second) {
    std::vector<double> both(first.begin(), first.end());
    both.insert(both.end(), second.begin(), second.end());
    return both;
  };
  cake.signal = stack(a.signal, b.signal);
  cake.variance = stack(a.variance, b.variance);
  cake.normalization = stack(a.normalization, b.normalization);
  cake.normalization_squared = stack(a.normalization_squared, b.normalization_squared);
  cake.count = stack(a.count, b.count);
  cake.cross = stack(a.cross, b.cross);
  set_averages(cake);
  const std::array parts{a, b};
  expect_same(over_radius(cake), unite(parts));
  const Pattern azimuths = over_azimuth(cake);
  EXPECT_EQ(azimuths.axis->unit, RadialUnit::chi_deg);
  EXPECT_EQ(azimuths.axis->edges, cake.azimuthal_axis->edges);
  EXPECT_NEAR(azimuths.intensity[0], rebin(a, axis->bins()).intensity[0], 1e-12);
  EXPECT_NEAR(azimuths.variance[1], rebin(b, axis->bins()).variance[0], 1e-9);
  const Cake small = rebin(cake, 2, 3);
  EXPECT_EQ(small.azimuthal_axis->centres, (std::vector<double>{0}));
  const Pattern row = rebin(unite(parts), 3);
  EXPECT_NEAR(small.variance[1], row.variance[1], 1e-9);
  EXPECT_NEAR(small.intensity[0], row.intensity[0], 1e-12);
}

}  // namespace
}  // namespace annulus
