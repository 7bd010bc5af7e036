// SPDX-License-Identifier: BSD-3-Clause
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

#include "operators/integrate/quantile.hpp"
#include "operators/integrate/sigma_clip.hpp"
#include "tests/operators/integrate/operator_pipeline.hpp"

namespace annulus {
namespace {

using namespace testing;

/// Frames of which each has a pixel far brighter than the others.
std::vector<Frame> frames_with_outliers() {
  std::vector<Frame> frames;
  for (std::uint64_t k = 0; k < 3; ++k) {
    Frame frame = small_frame(k);
    auto values = frame.pixels.to_vector<std::uint16_t>();
    values[20 + k] = 5000;
    frame.pixels = Array::of<std::uint16_t>(small_shape, std::move(values));
    frames.push_back(std::move(frame));
  }
  return frames;
}

IntegrationOptions options_with(Split split, ErrorModel model) {
  IntegrationOptions options;
  options.bins = 2;
  options.split = split;
  options.error_model = model;
  return options;
}

template <class Kernel>
void expect_as_kernel(const std::vector<Pattern>& patterns, const Kernel& kernel, const char* type) {
  const std::vector<Frame> frames = frames_with_outliers();
  ASSERT_EQ(patterns.size(), frames.size());
  for (std::size_t k = 0; k < frames.size(); ++k) {
    const Pattern wanted = kernel.integrate(frames[k]);
    EXPECT_EQ(patterns[k].number, k);
    EXPECT_EQ(patterns[k].time, frames[k].time);
    EXPECT_EQ(patterns[k].axis->edges, wanted.axis->edges);
    EXPECT_EQ(text_at(*patterns[k].reduction, "type"), type);
    for (const auto field :
         {&Pattern::intensity, &Pattern::sigma, &Pattern::std, &Pattern::signal, &Pattern::variance,
          &Pattern::normalization, &Pattern::normalization_squared, &Pattern::count, &Pattern::cross})
      expect_numbers(patterns[k].*field, wanted.*field);
  }
}

template <class Operator>
std::string problems_with(std::initializer_list<std::pair<const char*, Value>> parameters) {
  OperatorPipeline<Operator, Pattern> p(parameters);
  return problems_of(p.integrate);
}

TEST(SigmaClip1d, gives_what_the_clipper_gives) {
  for (const int workers : {0, 2}) {
    OperatorPipeline<SigmaClip1d, Pattern> p({{"bins", 2}, {"threshold", 3}, {"max_iter", 2}, {"workers", workers}});
    const SigmaClipper kernel(small_poni(), options_with(Split::no, ErrorModel::azimuthal), {3, 2});
    expect_as_kernel(p.results_of(frames_with_outliers()), kernel, "sigma_clip");
  }
}

TEST(SigmaClip1d, leaves_outliers_out) {
  OperatorPipeline<SigmaClip1d, Pattern> p({{"bins", 2}, {"threshold", 3}, {"error_model", "hybrid"}});
  for (const Pattern& pattern : p.results_of(frames_with_outliers())) {
    EXPECT_EQ(pattern.count[0] + pattern.count[1], 47);
    EXPECT_LT(pattern.intensity[0], 40);
    EXPECT_LT(pattern.intensity[1], 40);
  }
}

TEST(SigmaClip1d, refuses_what_makes_no_sense) {
  EXPECT_EQ(problems_with<SigmaClip1d>({}), "");
  EXPECT_NE(problems_with<SigmaClip1d>({{"split", "bbox"}}).find("set split to 'no'"), std::string::npos);
  EXPECT_NE(problems_with<SigmaClip1d>({{"error_model", "none"}}).find("choose azimuthal, poisson or hybrid"),
            std::string::npos);
  OperatorPipeline<SigmaClip1d, Pattern> p({});
  EXPECT_THROW(set(p.integrate, {{"threshold", -1}}), ConfigError);
  EXPECT_THROW(set(p.integrate, {{"max_iter", -1}}), ConfigError);
}

TEST(Median1d, gives_what_the_integrator_of_quantiles_gives) {
  for (const int workers : {0, 2}) {
    OperatorPipeline<Median1d, Pattern> p({{"bins", 2}, {"error_model", "poisson"}, {"workers", workers}});
    const QuantileIntegrator kernel(small_poni(), options_with(Split::bbox, ErrorModel::poisson), {0.5, 0.5});
    expect_as_kernel(p.results_of(frames_with_outliers()), kernel, "median");
  }
}

TEST(Quantile1d, takes_the_percentiles) {
  OperatorPipeline<Quantile1d, Pattern> p({{"bins", 2}, {"percentile", List{10, 75}}, {"split", "no"}});
  const QuantileIntegrator kernel(small_poni(), options_with(Split::no, ErrorModel::none), {0.1, 0.75});
  expect_as_kernel(p.results_of(frames_with_outliers()), kernel, "quantile");
}

TEST(Quantile1d, refuses_percentiles_that_make_no_sense) {
  OperatorPipeline<Quantile1d, Pattern> p({});
  for (const List& percentile : {List{-1, 50}, List{50, 101}, List{60, 50}, List{50}})
    EXPECT_THROW(set(p.integrate, {{"percentile", percentile}}), ConfigError) << Value(percentile).to_text();
}

}  // namespace
}  // namespace annulus
