// SPDX-License-Identifier: BSD-3-Clause
// Operators whose parameters come from a JSON of pyFAI's worker.
#include <fstream>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "operators/data/error.hpp"

#include "operators/integrate/integrate1d.hpp"
#include "operators/integrate/integrate2d.hpp"
#include "operators/integrate/integrate_radial.hpp"
#include "operators/integrate/quantile.hpp"
#include "operators/integrate/sigma_clip.hpp"
#include "tests/operators/integrate/operator_pipeline.hpp"

namespace annulus {
namespace {

using namespace testing;

/// An operator with such a file, which holds the geometry of small_poni() and `more`, and with further parameters.
template <class Operator>
struct WithSettings {
  Scratch scratch;
  Operator node{"integrate"};
  Problems problems;

  explicit WithSettings(const std::string& more, std::initializer_list<std::pair<const char*, Value>> given = {}) {
    std::ofstream(scratch / "w.json")
        << R"({"version": 5, "poni": {"dist": 0.1, "poni1": 3e-3, "poni2": 4e-3, "wavelength": 1e-10,
               "detector": "Detector", "detector_config": {"pixel1": 1e-3, "pixel2": 1e-3, "max_shape": [6, 8]}})"
        << (more.find("nbpt_rad") == std::string::npos ? R"(, "nbpt_rad": 5)" : "") << (more.empty() ? "" : ", ")
        << more << "}";
    set(node, {{"settings", (scratch / "w.json").string()}});
    set(node, given);
    node.take_settings(problems);
  }
  std::string text(const char* param) const { return node.find_param(param)->text(); }
  std::string complaint() const { return problems.list().empty() ? "" : problems.list().front().message; }
};

TEST(WorkerSettings, become_parameters) {
  const WithSettings<Integrate1d> w(
      R"("unit": "r_mm", "method": ["no", "csr", "cython"], "error_model": "poisson", "polarization_description": [0.9, 0.2],
         "normalization_factor": 4, "val_dummy": 7, "delta_dummy": 0.5, "correct_solid_angle": false,
         "mask_file": "m.npy", "radial_range": [1, 5], "azimuth_range": [-10, 80], "monitor_name": "I0")");
  EXPECT_EQ(w.complaint(), "");
  EXPECT_EQ(w.text("poni"), w.text("settings"));
  EXPECT_EQ(w.text("bins"), "5");
  EXPECT_EQ(w.text("unit"), "r_mm");
  EXPECT_EQ(w.text("split"), "no");
  EXPECT_EQ(w.text("error_model"), "poisson");
  EXPECT_EQ(w.text("polarization"), "0.9");
  EXPECT_EQ(w.text("polarization_offset"), "0.2");
  EXPECT_EQ(w.text("normalization_factor"), "4");
  EXPECT_EQ(w.text("dummy"), "7");
  EXPECT_EQ(w.text("delta_dummy"), "0.5");
  EXPECT_EQ(w.text("solid_angle"), "false");
  EXPECT_EQ(w.text("mask"), (w.scratch / "m.npy").string());
  EXPECT_EQ(w.text("radial_range"), "[1, 5]");
  EXPECT_EQ(w.text("azimuth_range"), "[-10, 80]");
  EXPECT_EQ(w.text("monitor"), "I0");
}

TEST(WorkerSettings, count_less_than_what_is_written_beside_them) {
  const WithSettings<Integrate1d> w(
      R"("unit": "r_mm", "radial_range": [1, 5], "azimuth_range": [-10, 80], "val_dummy": 7, "delta_dummy": 0.5,
         "mask_file": "m.npy")",
      {{"edges", List{1, 2, 4}}, {"sector", List{0, 90}}, {"dummy", 3}, {"mask", nullptr}, {"split", "full"}});
  EXPECT_EQ(w.complaint(), "");
  EXPECT_EQ(w.text("radial_range"), "none");
  EXPECT_EQ(w.text("azimuth_range"), "none");
  EXPECT_EQ(w.text("delta_dummy"), "0");
  EXPECT_EQ(w.text("mask"), "none");
  EXPECT_EQ(w.text("split"), "full");
}

TEST(WorkerSettings, have_a_range_in_their_own_unit) {
  const char* range = R"("unit": "r_mm", "radial_range": [1, 5])";
  EXPECT_NE(WithSettings<Integrate1d>(range, {{"unit", "q_nm^-1"}}).complaint().find("radial_range is in r_mm"),
            std::string::npos);
  EXPECT_EQ(WithSettings<Integrate1d>(range, {{"unit", "r_mm"}}).complaint(), "");
  EXPECT_EQ(WithSettings<Integrate1d>(range, {{"unit", "q_nm^-1"}, {"radial_range", List{1, 2}}}).complaint(), "");
}

TEST(WorkerSettings, describe_cakes) {
  const WithSettings<Integrate2d> w(R"("nbpt_azim": 36, "chi_discontinuity_at_0": true)");
  EXPECT_EQ(w.complaint(), "");
  EXPECT_EQ(w.text("azimuthal_bins"), "36");
  EXPECT_EQ(w.text("sector"), "[0, 360]");
  EXPECT_EQ(WithSettings<Integrate2d>("", {{"azimuthal_bins", 8}}).complaint(), "");
  EXPECT_EQ(WithSettings<IntegrateRadial>(R"("nbpt_azim": 36)", {{"azimuthal_edges", List{0, 8}}}).complaint(), "");
}

TEST(WorkerSettings, describe_patterns_without_outliers) {
  const WithSettings<SigmaClip1d> clip(
      R"("integrator_method": "sigma_clip_ng", "extra_options": {"thres": 3, "max_iter": 2}, "error_model": "no")");
  EXPECT_EQ(clip.complaint(), "");
  EXPECT_EQ(clip.text("threshold"), "3");
  EXPECT_EQ(clip.text("max_iter"), "2");
  EXPECT_EQ(clip.text("error_model"), "azimuthal");  // as in pyFAI where none is chosen
  const char* quantiles = R"("integrator_method": "medfilt1d_ng", "extra_options": {"percentile": [10, 90]})";
  EXPECT_EQ(WithSettings<Quantile1d>(quantiles).text("percentile"), "[10, 90]");
  EXPECT_EQ(WithSettings<Median1d>(R"("integrator_method": "medfilt1d_ng")").complaint(), "");
}

TEST(WorkerSettings, name_the_operator_that_they_are_for) {
  const auto wants = [](const std::string& complaint, const char* type) {
    return complaint.find(fmt::format("write 'type: {}'", type)) != std::string::npos;
  };
  EXPECT_TRUE(wants(WithSettings<Integrate1d>(R"("nbpt_azim": 36)").complaint(), "integrate2d"));
  EXPECT_TRUE(wants(WithSettings<IntegrateRadial>(R"("nbpt_azim": 36)").complaint(), "integrate2d"));
  EXPECT_TRUE(wants(WithSettings<Integrate2d>("").complaint(), "integrate1d"));
  EXPECT_TRUE(wants(WithSettings<Median1d>(R"("integrator_method": "integrate1d")").complaint(), "integrate1d"));
  EXPECT_TRUE(wants(WithSettings<Integrate1d>(R"("integrator_method": "sigma_clip_ng")").complaint(), "sigma_clip"));
  EXPECT_TRUE(wants(
      WithSettings<Median1d>(R"("integrator_method": "medfilt1d_ng", "extra_options": {"percentile": 30})").complaint(),
      "quantile"));
}

TEST(WorkerSettings, tell_values_that_do_not_fit) {
  const std::string complaint =
      WithSettings<Integrate1d>(R"("nbpt_rad": 90000000, "normalization_factor": 0)").complaint();
  EXPECT_NE(complaint.find("w.json: bins: 90000000 is out of range"), std::string::npos) << complaint;
  EXPECT_NE(complaint.find("w.json: normalization_factor: 0 is out of range"), std::string::npos) << complaint;
}

TEST(WorkerSettings, are_taken_at_the_start_of_a_graph_made_in_a_program) {
  const WithSettings<Integrate1d> w(R"("nbpt_rad": 7, "normalization_factor": 2)");
  OperatorPipeline<Integrate1d, Pattern> p({{"settings", (w.scratch / "w.json").string()}, {"unit", "q_nm^-1"}});
  OperatorPipeline<Integrate1d, Pattern> plain({{"bins", 7}});
  const Pattern half = p.results_of({small_frame(0)}).at(0);
  const Pattern whole = plain.results_of({small_frame(0)}).at(0);
  ASSERT_EQ(half.intensity.size(), 7U);
  for (std::size_t i = 0; i < 7; ++i) EXPECT_EQ(2 * half.intensity[i], whole.intensity[i]) << i;
}

TEST(WorkerSettings, that_are_wrong_refuse_the_start) {
  OperatorPipeline<Integrate1d, Pattern> p({{"settings", "none.json"}});
  EXPECT_THROW(p.graph.start(), ConfigError);
}

}  // namespace
}  // namespace annulus
