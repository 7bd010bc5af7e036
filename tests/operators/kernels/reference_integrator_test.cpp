// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/reference_integrator.hpp"

#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

#include "operators/kernels/integrator.hpp"
#include "tests/operators/kernels/small_detector.hpp"

namespace annulus {
namespace {

using namespace testing;

std::vector<Sample> random_samples(unsigned seed, std::size_t count) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> uniform(0.5, 1.5);
  std::vector<Sample> samples(count);
  for (Sample& x : samples) {
    const double n = uniform(random);
    x = {uniform(random), 1000 * n * uniform(random), 30 * uniform(random), n};
  }
  return samples;
}

TEST(SampleSums, follow_their_definitions) {
  const std::vector<Sample> samples{{1, 6, 9, 2}, {0.5, 4, 16, 1}};
  const SampleSums sums = sums_of(samples, ErrorModel::variance);
  EXPECT_EQ(sums.signal, 6 + 0.5 * 4);
  EXPECT_EQ(sums.normalization, 2 + 0.5);
  EXPECT_EQ(sums.normalization_squared, 4 + 0.25);
  EXPECT_EQ(sums.variance, 9 + 0.25 * 16);
  EXPECT_EQ(sums.count, 1.5);
}

TEST(SampleSums, have_the_scatter_that_three_linear_sums_give) {
  const auto samples = random_samples(1, 500);
  const SampleSums sums = sums_of(samples, ErrorModel::azimuthal);
  double a = 0, b = 0, n2 = 0;
  for (const auto& [c, s, v, n] : samples) {
    a += c * c * s * s;
    b += c * c * s * n;
    n2 += c * c * n * n;
  }
  const double m = sums.signal / sums.normalization;
  EXPECT_NEAR(sums.variance, a - 2 * m * b + m * m * n2, 1e-12 * a);
  EXPECT_NEAR(sums.cross, b - m * n2, 1e-12 * b);
}

TEST(SampleSums, lose_outliers_and_only_those) {
  auto samples = random_samples(2, 400);
  for (Sample& x : samples) x.s = 100 * x.n + x.s / 100;  // 100 +- a few
  const SampleSums good = sums_of(samples, ErrorModel::azimuthal);
  auto spoiled = samples;
  for (const double bad : {1e4, -3e3, 1e7}) spoiled.push_back({1, bad, 1, 1});
  for (const ErrorModel model : {ErrorModel::azimuthal, ErrorModel::hybrid}) {
    const SampleSums sums = clipped_sums_of(spoiled, model, {});
    EXPECT_EQ(sums.signal, good.signal);
    EXPECT_EQ(sums.count, good.count);
  }
}

TEST(SampleSums, keep_equal_pixels_whatever_rounding_makes_of_their_mean) {
  std::vector<Sample> samples;
  for (int i = 0; i < 100; ++i) samples.push_back({1, 0.1 * (1 + 0.01 * i), 0, 1 + 0.01 * i});
  EXPECT_EQ(clipped_sums_of(samples, ErrorModel::azimuthal, {}).count, 100);
}

TEST(SampleSums, between_quantiles_are_those_of_sorted_pixels) {
  std::vector<Sample> samples;
  for (const double s : {9, 1, 5, 3, 7}) samples.push_back({1, s, s, 1});
  EXPECT_EQ(quantile_sums_of(samples, ErrorModel::poisson, {}).signal, 5) << "the median";
  EXPECT_EQ(quantile_sums_of(samples, ErrorModel::poisson, {0.2, 0.8}).signal, 3 + 5 + 7);
  EXPECT_EQ(quantile_sums_of(samples, ErrorModel::poisson, {0, 1}).signal, 25);
  EXPECT_EQ(quantile_sums_of(samples, ErrorModel::poisson, {0, 0.2}).signal, 1);
}

TEST(ReferenceIntegrator, agrees_with_the_engine) {
  for (const Split split : {Split::no, Split::bbox, Split::full}) {
    for (const ErrorModel model : {ErrorModel::none, ErrorModel::poisson, ErrorModel::hybrid}) {
      IntegrationOptions options = small_options(split);
      options.error_model = model;
      options.dark = counts<float>(7, 1);
      const Array image = counts<std::uint16_t>(8, 50);
      const Pattern exact = ReferenceIntegrator(small_poni(), options).integrate(image);
      const Pattern fast = Integrator(small_poni(), options).integrate(image);
      for (std::size_t i = 0; i < exact.intensity.size(); ++i) {
        // The engine keeps parts of pixels as multiples of 1/65534.
        EXPECT_NEAR(fast.intensity[i], exact.intensity[i], 1e-4 * exact.intensity[i]);
        EXPECT_NEAR(fast.count[i], exact.count[i], 1e-4 * exact.count[i] + 1e-3);
        if (model == ErrorModel::none) continue;
        EXPECT_NEAR(fast.sigma[i], exact.sigma[i], 1e-4 * exact.sigma[i]);
      }
    }
  }
}

TEST(ReferenceIntegrator, divides_by_the_monitor) {
  IntegrationOptions options = small_options();
  options.error_model = ErrorModel::azimuthal;
  const ReferenceIntegrator reference(small_poni(), options);
  const Array image = counts<std::uint16_t>(1, 30);
  const Pattern one = reference.integrate(image);
  const Pattern four = reference.integrate(image, {.monitor = 4});
  for (std::size_t i = 0; i < one.intensity.size(); ++i) {
    EXPECT_NEAR(4 * four.intensity[i], one.intensity[i], 1e-12 * one.intensity[i]);
    EXPECT_NEAR(4 * four.sigma[i], one.sigma[i], 1e-10 * one.sigma[i]);
    EXPECT_NEAR(4 * four.std[i], one.std[i], 1e-10 * one.std[i]);
  }
  EXPECT_THROW((void)reference.integrate(image, {.monitor = 0}), DataError);
  EXPECT_THROW((void)reference.integrate(image, {.monitor = std::nan("")}), DataError);
}

TEST(ReferenceIntegrator, takes_variances_and_refuses_to_go_without) {
  IntegrationOptions options = small_options(Split::no);
  options.error_model = ErrorModel::variance;
  const ReferenceIntegrator reference(small_poni(), options);
  const Array image = counts<std::uint16_t>(1, 30);
  const Array variance = Array::of<double>({small_rows, small_cols}, std::vector<double>(small_rows * small_cols, 2));
  const Pattern pattern = reference.integrate(image, {.variance = &variance});
  for (std::size_t i = 0; i < pattern.count.size(); ++i) EXPECT_NEAR(pattern.variance[i], 2 * pattern.count[i], 1e-9);
  EXPECT_THROW((void)reference.integrate(image), DataError);
}

TEST(ReferenceIntegrator, weights_all_pixels_alike_when_told) {
  IntegrationOptions options = small_options(Split::no);
  options.flat = Array::of<double>({small_rows, small_cols}, [] {
    std::vector<double> flat(small_rows * small_cols);
    for (std::size_t i = 0; i < flat.size(); ++i) flat[i] = 0.5 + static_cast<double>(i % 7) / 7;
    return flat;
  }());
  const ReferenceIntegrator reference(small_poni(), options, Mean::unweighted);
  const Pattern pattern = reference.integrate(counts<std::uint16_t>(1, 30));
  for (std::size_t i = 0; i < pattern.count.size(); ++i) EXPECT_EQ(pattern.normalization[i], pattern.count[i]);
}

TEST(ReferenceIntegrator, leaves_bad_pixels_out) {
  IntegrationOptions options = small_options(Split::no);
  auto pixels = counts<float>(3, 20).to_vector<float>();
  pixels[5000] = std::numeric_limits<float>::quiet_NaN();
  pixels[5001] = std::numeric_limits<float>::infinity();
  pixels[5002] = 1234.5F;
  options.dummy = BadValue{1234, 1};
  const Pattern marked =
      ReferenceIntegrator(small_poni(), options).integrate(Array::of({small_rows, small_cols}, pixels));
  std::vector<std::uint8_t> mask(pixels.size());
  for (const std::size_t i : {5000, 5001, 5002}) mask[i] = 1;
  options.mask = Array::of({small_rows, small_cols}, mask);
  const Pattern masked =
      ReferenceIntegrator(small_poni(), options).integrate(Array::of({small_rows, small_cols}, pixels));
  EXPECT_EQ(marked.signal, masked.signal);
  EXPECT_EQ(marked.count, masked.count);
}

TEST(ReferenceIntegrator, reports_the_error_that_repeated_frames_have) {
  IntegrationOptions options = small_options(Split::no);
  options.bins = 120;
  const ReferenceIntegrator reference(small_poni(), options);
  constexpr int realisations = 1000;
  std::mt19937 random(20260101);
  std::poisson_distribution<int> poisson(30);
  std::vector<double> sum(options.bins), sum_of_squares(options.bins), reported(options.bins);
  std::vector<std::uint16_t> pixels(small_rows * small_cols);
  Pattern pattern;
  for (int k = 0; k < realisations; ++k) {
    for (auto& pixel : pixels) pixel = static_cast<std::uint16_t>(poisson(random));
    pattern = reference.integrate(Array::of({small_rows, small_cols}, pixels));
    for (std::size_t i = 0; i < options.bins; ++i) {
      sum[i] += pattern.intensity[i];
      sum_of_squares[i] += pattern.intensity[i] * pattern.intensity[i];
      reported[i] += pattern.sigma[i] * pattern.sigma[i];
    }
  }
  double ratio = 0;
  int pooled = 0;
  for (std::size_t i = 0; i < options.bins; ++i) {
    if (pattern.count[i] * 30 < 20) continue;
    const double mean = sum[i] / realisations;
    const double spread = (sum_of_squares[i] - realisations * mean * mean) / (realisations - 1);
    ratio += spread / (reported[i] / realisations);
    ++pooled;
  }
  EXPECT_GE(pooled, 100);
  EXPECT_NEAR(std::sqrt(ratio / pooled), 1, 0.01);
}

}  // namespace
}  // namespace annulus
