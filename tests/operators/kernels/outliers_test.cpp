// SPDX-License-Identifier: BSD-3-Clause
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

#include "operators/kernels/parallel.hpp"
#include "operators/kernels/quantile_integrator.hpp"
#include "operators/kernels/reference_integrator.hpp"
#include "operators/kernels/sigma_clipper.hpp"
#include "tests/operators/kernels/small_detector.hpp"
#include "tests/targets.hpp"

namespace annulus {
namespace {

using namespace testing;

constexpr auto fields = {&Pattern::intensity,
                         &Pattern::sigma,
                         &Pattern::std,
                         &Pattern::signal,
                         &Pattern::variance,
                         &Pattern::normalization,
                         &Pattern::normalization_squared,
                         &Pattern::count,
                         &Pattern::cross};

void expect_near(const Pattern& a, const Pattern& b) {
  for (const auto field : fields) {
    ASSERT_EQ((a.*field).size(), (b.*field).size());
    for (std::size_t i = 0; i < (a.*field).size(); ++i) {
      const double wanted = (b.*field)[i];
      if (std::isnan(wanted)) {
        EXPECT_TRUE(std::isnan((a.*field)[i]));
      } else {
        EXPECT_NEAR((a.*field)[i], wanted, 1e-10 * std::abs(wanted) + 1e-8) << "bin " << i;
      }
    }
  }
}

/// The bytes of all numbers.
std::string bits(const Pattern& pattern) {
  std::string text;
  for (const auto field : fields) {
    const auto& values = pattern.*field;
    text.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(double));
  }
  return text;
}

/// Counts with bright and dead pixels, and two that are marked bad.
template <class T>
Array spoiled(unsigned seed) {
  auto pixels = counts<T>(seed, 40).template to_vector<T>();
  for (std::size_t i = 0; i < pixels.size(); i += 97) pixels[i] = static_cast<T>(i % 2 == 0 ? 4000 : 0);
  pixels[3000] = pixels[3001] = 7777;
  pixels[100] = 60000;
  return Array::of({small_rows, small_cols}, std::move(pixels));
}

IntegrationOptions options_with(ErrorModel model, Split split) {
  IntegrationOptions options = small_options(split);
  options.error_model = model;
  options.dummy = BadValue{7777, 0};
  options.dark = counts<float>(9, 2);
  options.dark_variance = counts<float>(10, 2);
  return options;
}

TEST(SigmaClipper, gives_what_the_reference_gives) {
  for (const ErrorModel model : {ErrorModel::azimuthal, ErrorModel::poisson, ErrorModel::hybrid}) {
    SCOPED_TRACE(name_of(model));
    const auto options = options_with(model, Split::no);
    for (const SigmaClip clip : {SigmaClip{}, SigmaClip{3, 1}, SigmaClip{0, 20}, SigmaClip{5, 0}}) {
      const SigmaClipper fast(small_poni(), options, clip);
      const ReferenceIntegrator exact(small_poni(), options);
      const Exposure exposure{.monitor = 2.5};
      for (const Array& image : {spoiled<std::uint16_t>(1), spoiled<std::int32_t>(2), spoiled<float>(3)})
        expect_near(fast.integrate(image, exposure), exact.sigma_clip(image, clip, exposure));
    }
  }
}

IntegrationOptions without_dark(IntegrationOptions options) {
  options.dark.reset();
  options.dark_variance.reset();
  return options;
}

TEST(SigmaClipper, gives_what_the_reference_gives_without_a_dark) {
  for (const ErrorModel model : {ErrorModel::azimuthal, ErrorModel::poisson, ErrorModel::hybrid}) {
    SCOPED_TRACE(name_of(model));
    auto options = without_dark(options_with(model, Split::no));
    for (const double bad : {7777, 60000, 5}) {
      options.dummy = BadValue{bad, 0};
      const SigmaClipper fast(small_poni(), options, {});
      const ReferenceIntegrator exact(small_poni(), options);
      for (const Array& image : {spoiled<std::uint16_t>(1), spoiled<float>(3), counts<std::uint8_t>(12),
                                 noise<std::uint16_t>(13), counts<std::uint16_t>(14, 50000)})
        expect_near(fast.integrate(image), exact.sigma_clip(image, {}));
    }
  }
}

TEST(SigmaClipper, is_the_same_with_every_instruction_set_and_number_of_threads) {
  for (const ErrorModel model : {ErrorModel::azimuthal, ErrorModel::poisson}) {
    const auto with_dark = options_with(model, Split::no);
    for (const auto& options : {with_dark, without_dark(with_dark)}) {
      const Array image = spoiled<std::uint16_t>(4);
      const std::string one = bits(SigmaClipper(small_poni(), options, {}).integrate(image));
      EXPECT_EQ(bits(SigmaClipper(small_poni(), options, {}, 3).integrate(image)), one);
      const SigmaClipper clipper(small_poni(), options, {});
      for_each_target([&] { EXPECT_EQ(bits(clipper.integrate(image)), one); });
    }
  }
}

TEST(SigmaClipper, finds_outliers_in_bins_of_more_pixels_than_16_bits_count) {
  Poni poni = small_poni();
  poni.detector.rows = 700;
  poni.detector.cols = 400;
  std::mt19937 random(11);
  std::poisson_distribution<int> poisson(50);
  std::vector<std::uint16_t> pixels(poni.detector.rows * poni.detector.cols);
  for (auto& pixel : pixels) pixel = static_cast<std::uint16_t>(poisson(random));
  for (std::size_t i = 0; i < pixels.size(); i += 1001) pixels[i] = 9000;
  const Array image = Array::of({poni.detector.rows, poni.detector.cols}, std::move(pixels));
  for (const std::size_t bins : {1, 3, 500}) {
    IntegrationOptions options = small_options(Split::no);
    options.bins = bins;
    for (const ErrorModel model : {ErrorModel::azimuthal, ErrorModel::hybrid}) {
      options.error_model = model;
      const Pattern pattern = SigmaClipper(poni, options, {}, 2).integrate(image);
      expect_near(pattern, ReferenceIntegrator(poni, options).sigma_clip(image, {}));
    }
    options.split = Split::bbox;
    expect_near(QuantileIntegrator(poni, options, {0.2, 0.7}, 2).integrate(image),
                ReferenceIntegrator(poni, options).quantile(image, {0.2, 0.7}));
  }
}

TEST(SigmaClipper, gives_the_same_to_callers_side_by_side) {
  const SigmaClipper clipper(small_poni(), options_with(ErrorModel::hybrid, Split::no), {}, 2);
  const Array image = spoiled<std::uint16_t>(8);
  const std::string one = bits(clipper.integrate(image));
  std::vector<std::string> found(4);
  in_parallel(found.size(), [&](std::size_t k) {
    for (int i = 0; i < 20; ++i) found[k] = bits(clipper.integrate(image));
  });
  for (const std::string& other : found) EXPECT_EQ(other, one);
}

TEST(SigmaClipper, leaves_bins_without_pixels_empty) {
  auto options = options_with(ErrorModel::azimuthal, Split::no);
  options.radial_range = Range{0, 1000};
  const Pattern pattern = SigmaClipper(small_poni(), options, {}).integrate(spoiled<std::uint16_t>(5));
  EXPECT_EQ(pattern.count.back(), 0);
  EXPECT_TRUE(std::isnan(pattern.intensity.back()) && std::isnan(pattern.std.back()));
}

TEST(SigmaClipper, refuses_what_makes_no_sense) {
  const auto make = [](ErrorModel model, Split split, SigmaClip clip) {
    SigmaClipper(small_poni(), options_with(model, split), clip);
  };
  EXPECT_THROW(make(ErrorModel::azimuthal, Split::bbox, {}), ConfigError);
  EXPECT_THROW(make(ErrorModel::none, Split::no, {}), ConfigError);
  EXPECT_THROW(make(ErrorModel::poisson, Split::no, {-1, 5}), ConfigError);
  EXPECT_THROW(make(ErrorModel::poisson, Split::no, {5, -1}), ConfigError);
  const SigmaClipper clipper(small_poni(), options_with(ErrorModel::poisson, Split::no), {});
  EXPECT_THROW((void)clipper.integrate(Array::of<float>({1, 2}, {1, 2})), DataError);
}

TEST(QuantileIntegrator, gives_what_the_reference_gives_with_any_number_of_threads) {
  for (const Split split : {Split::no, Split::bbox, Split::full}) {
    for (const ErrorModel model : {ErrorModel::none, ErrorModel::poisson, ErrorModel::azimuthal}) {
      const auto options = options_with(model, split);
      for (const Quantiles quantiles : {Quantiles{}, Quantiles{0.1, 0.9}, Quantiles{0, 1}}) {
        const Array image = spoiled<std::uint16_t>(6);
        const Pattern pattern = QuantileIntegrator(small_poni(), options, quantiles).integrate(image);
        expect_near(pattern, ReferenceIntegrator(small_poni(), options).quantile(image, quantiles));
        EXPECT_EQ(bits(QuantileIntegrator(small_poni(), options, quantiles, 3).integrate(image)), bits(pattern));
      }
    }
  }
}

TEST(QuantileIntegrator, is_the_mean_over_all_quantiles) {
  const auto options = options_with(ErrorModel::poisson, Split::bbox);
  const Array image = spoiled<std::uint16_t>(7);
  expect_near(QuantileIntegrator(small_poni(), options, {0, 1}).integrate(image),
              ReferenceIntegrator(small_poni(), options).integrate(image));
  EXPECT_THROW(QuantileIntegrator(small_poni(), options, {0.6, 0.5}), ConfigError);
}

}  // namespace
}  // namespace annulus
