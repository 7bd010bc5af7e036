// SPDX-License-Identifier: BSD-3-Clause
// What belongs to a frame beside its pixels: errors that are given, and the monitor.
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "operators/data/pattern_arithmetic.hpp"

#include "detectors/files/image_series.hpp"
#include "detectors/files/npy.hpp"
#include "operators/integrate/integrate1d.hpp"
#include "operators/integrate/integrate2d.hpp"
#include "operators/integrate/quantile.hpp"
#include "operators/integrate/sigma_clip.hpp"
#include "operators/kernels/reference_integrator.hpp"
#include "tests/operators/integrate/operator_pipeline.hpp"

namespace annulus {
namespace {

using namespace testing;

Frame with_reading(std::uint64_t k, const char* name, Value value) {
  Frame frame = small_frame(k);
  frame.readings = std::make_shared<const Dict>(Dict{{name, std::move(value)}});
  return frame;
}

IntegrationOptions options_with(ErrorModel model, Split split = Split::bbox) {
  IntegrationOptions options;
  options.bins = 2;
  options.split = split;
  options.error_model = model;
  return options;
}

void expect_near(const Numbers& found, const Numbers& wanted) {
  ASSERT_EQ(found.size(), wanted.size());
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], wanted[i], 1e-4 * std::abs(wanted[i])) << i;
}

std::string image_of_variances(const Scratch& scratch, const char* name) {
  std::vector<float> variances(48);
  for (std::size_t i = 0; i < variances.size(); ++i) variances[i] = static_cast<float>(1 + i % 7);
  write_npy(scratch / name, Array::of<float>(small_shape, std::move(variances)));
  return (scratch / name).string();
}

TEST(ErrorModels, are_those_of_the_definition) {
  for (const ErrorModel model : {ErrorModel::poisson, ErrorModel::azimuthal, ErrorModel::hybrid}) {
    SCOPED_TRACE(name_of(model));
    OperatorPipeline<Integrate1d, Pattern> p({{"bins", 2}, {"error_model", std::string(name_of(model))}});
    const std::vector<Pattern> patterns = p.results_of({small_frame(0)});
    ASSERT_EQ(patterns.size(), 1U) << errors_of(p.graph);
    const Pattern wanted = ReferenceIntegrator(small_poni(), options_with(model)).integrate(small_frame(0).pixels);
    expect_near(patterns[0].sigma, wanted.sigma);
    expect_near(patterns[0].std, wanted.std);
  }
}

TEST(ErrorModels, take_variances_from_a_file) {
  OperatorPipeline<Integrate1d, Pattern> p({{"bins", 2}, {"error_model", "variance"}, {"workers", 2}});
  const std::string path = image_of_variances(p.scratch, "variance.npy");
  set(p.integrate, {{"variance", path}});
  EXPECT_EQ(problems_of(p.integrate), "");
  const std::vector<Pattern> patterns = p.results_of({small_frame(0), small_frame(1)});
  ASSERT_EQ(patterns.size(), 2U) << errors_of(p.graph);
  const Array variance = read_image(path);
  for (std::uint64_t k = 0; k < 2; ++k) {
    const Pattern wanted = ReferenceIntegrator(small_poni(), options_with(ErrorModel::variance))
                               .integrate(small_frame(k).pixels, {.variance = &variance});
    expect_near(patterns[k].sigma, wanted.sigma);
  }
}

TEST(ErrorModels, add_the_variance_of_the_dark) {
  OperatorPipeline<Median1d, Pattern> p({{"bins", 2}, {"error_model", "poisson"}});
  const std::string path = image_of_variances(p.scratch, "dark.npy");
  set(p.integrate, {{"dark", path}, {"dark_variance", path}});
  const std::vector<Pattern> patterns = p.results_of({small_frame(0)});
  ASSERT_EQ(patterns.size(), 1U) << errors_of(p.graph);
  IntegrationOptions options = options_with(ErrorModel::poisson);
  options.dark = options.dark_variance = read_image(path);
  expect_near(patterns[0].sigma, ReferenceIntegrator(small_poni(), options).quantile(small_frame(0).pixels, {}).sigma);
}

TEST(ErrorModels, say_what_does_not_fit_together) {
  OperatorPipeline<Integrate1d, Pattern> p({{"error_model", "variance"}});
  EXPECT_EQ(problems_of(p.integrate),
            "variance: missing (the error model 'variance' takes it) name an image, or choose poisson\n");
  const std::string path = image_of_variances(p.scratch, "variance.npy");
  set(p.integrate, {{"error_model", "poisson"}, {"variance", path}, {"dark_variance", path}});
  EXPECT_EQ(problems_of(p.integrate),
            "variance: has no effect (the error model is 'poisson') set error_model to 'variance'\n"
            "dark_variance: has no effect (there is no dark) remove it, or give the dark, too\n");
}

template <class Operator, class Result>
void expect_divided(std::initializer_list<std::pair<const char*, Value>> parameters) {
  OperatorPipeline<Operator, Result> plain(parameters);
  const std::vector<Result> wanted = plain.results_of({small_frame(0), small_frame(1)});
  for (const int workers : {0, 2}) {
    OperatorPipeline<Operator, Result> p(parameters);
    set(p.integrate, {{"monitor", "I0"}, {"workers", workers}});
    const std::vector<Result> found = p.results_of({with_reading(0, "I0", 2.5), with_reading(1, "I0", 4)});
    ASSERT_EQ(found.size(), 2U) << errors_of(p.graph);
    for (std::size_t k = 0; k < 2; ++k) {
      Result divided = wanted[k];
      normalize(divided, k == 0 ? 2.5 : 4);
      expect_numbers(found[k].intensity, divided.intensity);
      expect_numbers(found[k].sigma, divided.sigma);
      expect_numbers(found[k].std, divided.std);
      expect_numbers(found[k].normalization, divided.normalization);
      EXPECT_EQ(*found[k].reduction->find("normalization_applied"), Value(true));
    }
  }
}

TEST(Monitor, divides_every_kind_of_result) {
  const std::initializer_list<std::pair<const char*, Value>> two{{"bins", 2}, {"error_model", "azimuthal"}};
  expect_divided<Integrate1d, Pattern>(two);
  expect_divided<Integrate2d, Cake>(two);
  expect_divided<SigmaClip1d, Pattern>(two);
  expect_divided<Median1d, Pattern>(two);
}

TEST(Monitor, is_what_the_kernels_mean_by_it) {
  OperatorPipeline<SigmaClip1d, Pattern> p({{"bins", 2}, {"monitor", "I0"}});
  const std::vector<Pattern> patterns = p.results_of({with_reading(0, "I0", 2.5)});
  ASSERT_EQ(patterns.size(), 1U) << errors_of(p.graph);
  const Pattern wanted = SigmaClipper(small_poni(), options_with(ErrorModel::azimuthal, Split::no), {})
                             .integrate(small_frame(0), {.monitor = 2.5});
  for (const auto field : {&Pattern::intensity, &Pattern::sigma, &Pattern::std, &Pattern::normalization,
                           &Pattern::normalization_squared, &Pattern::cross})
    expect_numbers(patterns[0].*field, wanted.*field);
}

TEST(Monitor, a_frame_without_a_good_one_fails_alone) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const std::pair<Frame, const char*> cases[] = {
      {small_frame(1), "frame 1 cannot be normalized (its event has no reading 'I0') leave 'monitor' out"},
      {with_reading(1, "i0", 3), "frame 1 cannot be normalized (its event has no reading 'I0'). Did you mean 'i0'?"},
      {with_reading(1, "I0", 0), "frame 1 cannot be normalized (its monitor 'I0' is 0)"},
      {with_reading(1, "I0", -2.5), "its monitor 'I0' is -2.5)"},
      {with_reading(1, "I0", infinity), "frame 1 cannot be normalized (its monitor 'I0' is"},
      {with_reading(1, "I0", std::nan("")), "frame 1 cannot be normalized (its monitor 'I0' is"},
      {with_reading(1, "I0", "open"), "frame 1 cannot be normalized (its monitor 'I0' is"},
      {with_reading(1, "I0", true), "frame 1 cannot be normalized (its monitor 'I0' is"}};
  for (const auto& [frame, message] : cases) {
    for (const int workers : {0, 2}) {
      OperatorPipeline<Integrate1d, Pattern> p({{"bins", 2}, {"monitor", "I0"}, {"workers", workers}});
      p.results_of({with_reading(0, "I0", 1), frame, with_reading(2, "I0", 1)});
      EXPECT_EQ(p.probe.log(), "[a 0 gap 1-1 failed 2 ]a success");
      EXPECT_NE(errors_of(p.graph).find(message), std::string::npos) << errors_of(p.graph);
    }
  }
}

}  // namespace
}  // namespace annulus
