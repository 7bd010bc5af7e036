// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/geometry/worker_json.hpp"

#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "operators/data/error.hpp"

#include "tests/scratch.hpp"

namespace annulus {
namespace {

// What pyFAI 2026.9 writes (WorkerConfig.save), with more of it set.
constexpr const char* whole = R"({
  "application": "pyfai-integrate", "version": 5,
  "poni": {"poni_version": 2.1, "dist": 0.2, "poni1": 0.1, "poni2": 0.09, "rot1": 0.0, "rot2": 0.1, "rot3": 0.0,
           "detector": "Eiger2_4M", "detector_config": {"pixel1": 7.5e-05, "pixel2": 7.5e-05, "orientation": 2},
           "wavelength": 1e-10},
  "nbpt_rad": 1000, "nbpt_azim": 360,
  "unit": {"name": "qip_nm^-1", "incident_angle": 0.01, "tilt_angle": 0.02, "sample_orientation": 3},
  "chi_discontinuity_at_0": true, "polarization_description": [0.99, 0.1], "normalization_factor": 2.5,
  "val_dummy": -2, "delta_dummy": 1.5, "correct_solid_angle": false, "dark_current": ["dark.tif"],
  "flat_field": "flat.npy", "mask_file": "mask.edf", "error_model": "poisson", "method": ["full", "csr", "opencl"],
  "opencl_device": [0, 1], "azimuth_range": [-90, 90], "radial_range": [1.5, 30],
  "integrator_class": "AzimuthalIntegrator", "integrator_method": "integrate2d", "extra_options": null,
  "monitor_name": "diode", "shape": [2162, 2068]})";

TEST(WorkerJson, reads_all_that_changes_the_result) {
  const WorkerSettings s = parse_worker_json(whole, "w.json");
  EXPECT_EQ(s.poni.detector.name, "Eiger2_4M");
  EXPECT_EQ(s.poni.detector.orientation, Orientation::top_right);
  EXPECT_EQ(s.poni.rot2, 0.1);
  EXPECT_EQ(s.poni.wavelength, 1e-10);
  EXPECT_EQ(s.radial_bins, 1000U);
  EXPECT_EQ(s.azimuthal_bins, 360U);
  EXPECT_EQ(s.unit, RadialUnit::qip_nm);
  EXPECT_EQ(s.sample, (SamplePose{0.01, 0.02, 3}));
  EXPECT_EQ(s.split, "full");
  EXPECT_EQ(s.error_model, "poisson");
  EXPECT_EQ(s.polarization, 0.99);
  EXPECT_EQ(s.polarization_offset, 0.1);
  EXPECT_EQ(s.normalization_factor, 2.5);
  EXPECT_FALSE(s.solid_angle);
  EXPECT_EQ(s.dummy, (BadValue{-2, 1.5}));
  EXPECT_EQ(s.dark, "dark.tif");
  EXPECT_EQ(s.flat, "flat.npy");
  EXPECT_EQ(s.mask, "mask.edf");
  EXPECT_EQ(s.radial_range, (WorkerSettings::Pair{1.5, 30}));
  EXPECT_EQ(s.azimuth_range, (WorkerSettings::Pair{-90, 90}));
  EXPECT_TRUE(s.azimuths_from_zero);
  EXPECT_EQ(s.method, WorkerSettings::Method::integrate);
  EXPECT_EQ(s.monitor_name, "diode");
}

TEST(WorkerJson, takes_the_shape_of_the_images_where_the_detector_has_none) {
  const WorkerSettings s = parse_worker_json(
      R"({"version": 5, "nbpt_rad": 10, "shape": [20, 30], "poni": {"dist": 1, "poni1": 0, "poni2": 0, "detector": "Detector",
          "detector_config": {"pixel1": 1e-4, "pixel2": 1e-4}}})",
      "w.json");
  EXPECT_EQ(s.poni.detector.rows, 20U);
  EXPECT_EQ(s.poni.detector.cols, 30U);
}

/// A JSON with a geometry, so many bins and what `more` says.
std::string small_json(const std::string& more) {
  return R"({"version": 5, "nbpt_rad": 10, "poni": {"dist": 1, "poni1": 0, "poni2": 0, "detector": "Pilatus100k"}, )" +
         more + "}";
}

TEST(WorkerJson, means_what_pyfai_means_by_what_is_not_there) {
  const WorkerSettings s = parse_worker_json(small_json(R"("unit": null, "error_model": "no")"), "w.json");
  EXPECT_EQ(s.unit, RadialUnit::tth_deg);
  EXPECT_EQ(s.error_model, "none");
  EXPECT_EQ(s.azimuthal_bins, 1U);
  EXPECT_FALSE(s.method || s.split || s.polarization || s.dummy || s.radial_range || s.azimuth_range);
  EXPECT_TRUE(s.solid_angle);
}

TEST(WorkerJson, reads_the_options_of_each_method) {
  const WorkerSettings clip = parse_worker_json(
      small_json(R"("integrator_method": "sigma_clip_ng", "extra_options": {"thres": 3, "max_iter": 7})"), "w.json");
  EXPECT_EQ(clip.method, WorkerSettings::Method::sigma_clip);
  EXPECT_EQ(clip.threshold, 3);
  EXPECT_EQ(clip.max_iterations, 7U);
  const auto percentile = [](const char* value) {
    return parse_worker_json(
               small_json(
                   fmt::format(R"("integrator_method": "medfilt1d_ng", "extra_options": {{"percentile": {}}})", value)),
               "w.json")
        .percentile;
  };
  EXPECT_EQ(percentile("20"), (WorkerSettings::Pair{20, 20}));
  EXPECT_EQ(percentile("[10, 90]"), (WorkerSettings::Pair{10, 90}));
}

/// What is said of a JSON with these keys.
std::string complaint_about(const std::string& more) {
  try {
    (void)parse_worker_json(small_json(more), "w.json");
    return "nothing";
  } catch (const ConfigError& error) {
    return error.what();
  }
}

TEST(WorkerJson, refuses_methods_and_options_that_it_does_not_follow) {
  for (const char* more :
       {R"("integrator_method": "medfilt1d")", R"("integrator_method": "sigma_clip_legacy")",
        R"("integrator_method": 3)", R"("integrator_method": "sigma_clip_ng", "extra_options": {"percentile": 3})",
        R"("integrator_method": "sigma_clip_ng", "extra_options": {"thres": -1})",
        R"("integrator_method": "sigma_clip_ng", "nbpt_azim": 36)", R"("extra_options": {"max_iter": 3})",
        R"("extra_options": [1])", R"("method": ["pseudo", "csr", "cython"])", R"("error_model": "variance")",
        R"("val_dummy": 1, "delta_dummy": -1)", R"("chi_discontinuity_at_0": 1)", R"("nbpt_rad": null)"}) {
    EXPECT_EQ(complaint_about(more).rfind("w.json: ", 0), 0U) << more << "\n" << complaint_about(more);
  }
  EXPECT_EQ(complaint_about(R"("extra_options": {})"), "nothing");
}

TEST(WorkerJson, has_its_images_beside_it) {
  const testing::Scratch scratch;
  std::ofstream(scratch / "w.json") << small_json(R"("mask_file": "mask.npy", "dark_current": ["/darks/dark.npy"])");
  const WorkerSettings s = read_worker_json(scratch / "w.json");
  EXPECT_EQ(s.mask, scratch / "mask.npy");
  EXPECT_EQ(s.dark, "/darks/dark.npy");
  EXPECT_THROW((void)read_worker_json(scratch / "none.json"), ConfigError);
}

TEST(WorkerJson, tells_every_key_that_it_does_not_follow) {
  try {
    (void)parse_worker_json(R"({"version": 6, "nbpt_rad": 0, "unit": "furlong", "colour": "red", "shape": [1],
                                "extra_options": {"thresh": 3}, "integrator_class": "FiberIntegrator",
                                "dark_current": ["a", "b"], "azimuth_range": [1, null]})",
                            "w.json");
    FAIL();
  } catch (const ConfigError& error) {
    for (const char* part : {"w.json: version 6", "nbpt_rad must be", "unit \"furlong\"", "'colour' is not a key",
                             "shape must be", "extra_options", "\"FiberIntegrator\" is not supported",
                             "dark_current must be one file", "azimuth_range must be", "poni is missing"}) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << part << "\n" << error.what();
    }
  }
}

TEST(WorkerJson, refuses_what_is_no_json) {
  EXPECT_THROW((void)parse_worker_json("Distance: 1", "w.json"), ConfigError);
  EXPECT_THROW((void)parse_worker_json("[1]", "w.json"), ConfigError);
  EXPECT_THROW((void)parse_worker_json("", "w.json"), ConfigError);
}

TEST(PoniJson, is_read_like_a_poni_file) {
  const Poni from_worker = parse_poni(whole, "w.json");
  EXPECT_EQ(from_worker.poni1, 0.1);
  const Poni poni = parse_poni(
      R"({"poni_version": 3, "dist": 0.2, "poni1": 0.1, "poni2": 0.09, "rot1": 0.0, "detector": "Eiger2_4M",
          "detector_config": {"orientation": 3, "sensor": {"material": "CdTe", "thickness": 7.5e-4}},
          "wavelength": 1e-10, "parallax": true})",
      "p.json");
  EXPECT_EQ(poni.detector.rows, 2162U);
  EXPECT_TRUE(poni.parallax);
}

TEST(PoniJson, tells_keys_that_are_not_known) {
  EXPECT_THROW((void)parse_poni(R"({"dist": 1, "poni1": 0, "poni2": 0, "rot4": 1})", "p.json"), ConfigError);
  EXPECT_THROW((void)parse_poni("{", "p.json"), ConfigError);
}

}  // namespace
}  // namespace annulus
