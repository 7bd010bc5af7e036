// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/geometry/poni.hpp"

#include <filesystem>
#include <fstream>
#include <limits>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "operators/data/error.hpp"

namespace annulus {
namespace {

constexpr const char* numbers =
    "Distance: 0.25\nPoni1: 0.01\nPoni2: -0.02\nRot1: 0.1\nRot2: -0.2\nRot3: 0.3\nWavelength: 1e-10\n";

std::string complaint_about(const std::string& text) {
  try {
    (void)parse_poni(text, "a.poni");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "nothing";
}

void expect_complaint(const std::string& text, std::initializer_list<const char*> parts) {
  const std::string complaint = complaint_about(text);
  for (const char* part : parts) EXPECT_NE(complaint.find(part), std::string::npos) << part << " in: " << complaint;
}

TEST(Poni, reads_version_1_with_pixel_sizes) {
  const Poni poni = parse_poni(
      std::string("# a comment: with a colon\nPixelSize1: 1e-4\nPixelSize2: 2e-4\n") + numbers + "SplineFile: None\n",
      "a.poni");
  EXPECT_EQ(poni.detector.name, "Detector");
  EXPECT_EQ(poni.detector.pixel1, 1e-4);
  EXPECT_EQ(poni.detector.pixel2, 2e-4);
  EXPECT_FALSE(poni.detector.has_shape());
  EXPECT_EQ(poni.distance, 0.25);
  EXPECT_EQ(poni.poni1, 0.01);
  EXPECT_EQ(poni.poni2, -0.02);
  EXPECT_EQ(poni.rot1, 0.1);
  EXPECT_EQ(poni.rot2, -0.2);
  EXPECT_EQ(poni.rot3, 0.3);
  EXPECT_EQ(poni.wavelength, 1e-10);
}

TEST(Poni, reads_version_1_with_a_detector) {
  const Poni poni =
      parse_poni(std::string("Detector: Pilatus 1M\nPixelSize1: 1.72e-4\nPixelSize2: 1.72e-4\n") + numbers, "a.poni");
  EXPECT_EQ(poni.detector.name, "Pilatus1M");
}

TEST(Poni, reads_version_2) {
  const Poni poni = parse_poni(std::string("poni_version: 2\nDetector: Detector\n"
                                           "Detector_config: {\"pixel1\": 0.0001, \"pixel2\": 0.0002, "
                                           "\"max_shape\": [10, 20], \"splineFile\": null}\n") +
                                   numbers,
                               "a.poni");
  EXPECT_EQ(poni.detector.pixel2, 0.0002);
  EXPECT_EQ(poni.detector.rows, 10U);
  EXPECT_EQ(poni.detector.cols, 20U);
}

TEST(Poni, reads_version_2_1_with_orientation_3_and_no_shape) {
  const Poni poni =
      parse_poni(std::string("poni_version: 2.1\nDetector: Eiger2_1M\nDetector_config: {\"orientation\": 3, "
                             "\"max_shape\": null}\n") +
                     numbers,
                 "a.poni");
  EXPECT_EQ(poni.detector, find_detector("Eiger2_1M"));
}

TEST(Poni, reads_version_3_with_a_sensor_and_without_parallax) {
  const Poni poni =
      parse_poni(std::string("poni_version: 3\nDetector: Eiger2_1M\nDetector_config: {\"orientation\": 3, "
                             "\"sensor\": {\"material\": \"Si\", \"thickness\": 0.00045}}\nParallax: False\n") +
                     numbers,
                 "a.poni");
  EXPECT_EQ(poni.detector.name, "Eiger2_1M");
}

TEST(Poni, keeps_the_last_of_several_calibrations) {
  const Poni poni =
      parse_poni(std::string("PixelSize1: 1e-4\nPixelSize2: 1e-4\n") + numbers + "# again\nDISTANCE: 0.5\n", "a.poni");
  EXPECT_EQ(poni.distance, 0.5);
}

TEST(Poni, reads_files_of_windows) {
  EXPECT_EQ(parse_poni("\xEF\xBB\xBF"
                       "Dist: 1\r\nPoni1: 0\r\nPoni2: 0\r\nPixelSize1: 1e-4\r\nPixelSize2: 1e-4\r\n",
                       "a")
                .distance,
            1);
}

TEST(Poni, does_not_need_a_wavelength_or_rotations) {
  const Poni poni =
      parse_poni("Distance: 1\nPoni1: 0\nPoni2: 0\nPixelSize1: 1e-4\nPixelSize2: 1e-4\nWavelength: None\n", "a.poni");
  EXPECT_FALSE(poni.wavelength);
  EXPECT_EQ(poni.rot3, 0);
}

TEST(Poni, reports_every_mistake_with_its_line) {
  expect_complaint("Detector: Eigr2_4M\nDistance: far\nPoni1: 0\nPoni2: nan\n",
                   {"a.poni:1: detector 'Eigr2_4M'", "Did you mean 'Eiger2_4M'?", "a.poni:2: distance: 'far'",
                    "a.poni:4: poni2: 'nan'"});
}

TEST(Poni, reports_what_is_missing) {
  expect_complaint("", {"a.poni: distance is missing", "a.poni: poni1 is missing", "a.poni: poni2 is missing"});
  expect_complaint("Distance: 1\nPoni1: 0\nPoni2: 0\n", {"pixel1"});
}

TEST(Poni, refuses_numbers_that_cannot_be) {
  const std::string pixels = "PixelSize1: 1e-4\nPixelSize2: 1e-4\nPoni1: 0\nPoni2: 0\n";
  expect_complaint(pixels + "Distance: 0\n", {"Distance is 0 m (it must be positive"});
  expect_complaint(pixels + "Distance: 1\nWavelength: -1e-10\n", {"Wavelength is -1e-10"});
  expect_complaint("PixelSize1: 0\n", {"a.poni:1: pixel size 0 is not a positive length"});
}

TEST(Poni, reads_the_orientations_that_pyfai_has) {
  for (const int number : {1, 2, 3, 4}) {
    const Poni poni = parse_poni(
        fmt::format("{}Detector: Eiger1M\nDetector_config: {{\"orientation\": {}}}\n", numbers, number), "a");
    EXPECT_EQ(static_cast<int>(poni.detector.orientation), number);
    EXPECT_EQ(parse_poni(to_poni_text(poni), "b").detector, poni.detector);
  }
}

TEST(Poni, refuses_other_orientations) {
  for (const char* orientation : {"-1", "5", "8", "\"3\"", "2.5"}) {
    expect_complaint(std::string("Detector: Eiger1M\nDetector_config: {\"orientation\": ") + orientation + "}\n",
                     {"a.poni:2:", "orientation", "not supported"});
  }
}

TEST(OrientationConventions, have_names) {
  EXPECT_EQ(parse_orientation_convention("double_flip"), OrientationConvention::double_flip);
  EXPECT_EQ(name_of(OrientationConvention::single_flip), "single_flip");
  EXPECT_THROW((void)parse_orientation_convention("double"), ConfigError);
}

constexpr const char* with_sensor =
    "poni_version: 3\nDetector: Eiger2_1M\n"
    "Detector_config: {\"orientation\": 3, \"sensor\": {\"material\": \"Si\", \"thickness\": 0.00045}}\n";

TEST(Poni, reads_parallax_and_its_sensor) {
  const Poni poni = parse_poni(fmt::format("{}{}Parallax: True\n", with_sensor, numbers), "a.poni");
  EXPECT_TRUE(poni.parallax);
  EXPECT_EQ(poni.detector.sensor, (Sensor{"Si", 0.00045}));
  const Poni again = parse_poni(to_poni_text(poni), "b.poni");
  EXPECT_TRUE(again.parallax);
  EXPECT_EQ(again.detector, poni.detector);
}

TEST(Poni, refuses_parallax_without_what_it_needs) {
  expect_complaint(std::string("PixelSize1: 1e-4\nPixelSize2: 1e-4\n") + numbers + "Parallax: True\n",
                   {"Parallax needs the sensor"});
  expect_complaint(std::string(with_sensor) + "Distance: 1\nPoni1: 0\nPoni2: 0\nParallax: True\n",
                   {"Parallax needs a wavelength"});
  expect_complaint(std::string(numbers) + "Parallax: perhaps\n", {"a.poni:8: Parallax: 'perhaps'"});
}

TEST(Poni, refuses_sensors_that_are_not_known) {
  expect_complaint("Detector: Eiger1M\nDetector_config: {\"sensor\": {\"material\": \"CdTee\"}}\n",
                   {"the sensor material 'CdTee' is not known", "CdTe"});
  expect_complaint("Detector: Eiger1M\nDetector_config: {\"sensor\": {\"material\": \"Si\", \"thickness\": -1}}\n",
                   {"thickness of the sensor must be a positive length"});
  expect_complaint("Detector: Eiger1M\nDetector_config: {\"sensor\": \"Si\"}\n", {"'sensor' must be such as"});
}

TEST(SensorDepth, is_attenuation_times_thickness) {
  Poni poni = parse_poni(std::string(with_sensor) + numbers, "a.poni");
  EXPECT_DOUBLE_EQ(sensor_depth(poni), attenuation("Si", 1.239841984332002e-6 / 1e-10) * 0.00045);
  poni.detector.sensor->thickness = 0;
  EXPECT_THROW((void)sensor_depth(poni), ConfigError);
  poni.detector.sensor.reset();
  EXPECT_THROW((void)sensor_depth(poni), ConfigError);
}

TEST(Poni, knows_the_sizes_of_binned_images) {
  const auto size = [](const std::string& detector, const std::string& pixel) {
    const std::string config = "\nDetector_config: {\"pixel1\": " + pixel + ", \"pixel2\": " + pixel + "}\n";
    const Detector found = parse_poni("Detector: " + detector + config + numbers, "a.poni").detector;
    EXPECT_EQ(found.pixel1, std::stod(pixel));
    return found.rows;
  };
  EXPECT_EQ(size("Perkin", "2e-4"), 2048U);
  EXPECT_EQ(size("Perkin", "1e-4"), 4096U);
  EXPECT_EQ(size("RayonixMx225hs", "156.25e-6"), 1440U);
  EXPECT_EQ(size("Mar345", "1.5e-4"), 2300U);
  EXPECT_EQ(size("Dexela2923", "1.5e-4"), 1944U);
  expect_complaint("Detector: Perkin\nDetector_config: {\"pixel1\": 1.3e-4}\n", {"none of Perkin"});
}

TEST(Poni, refuses_versions_it_does_not_know) { expect_complaint("poni_version: 4\n", {"a.poni:1: version 4"}); }

TEST(Poni, refuses_distorted_and_binned_detectors) {
  expect_complaint("SplineFile: frelon.spline\n", {"a.poni:1: SplineFile is not supported"});
  expect_complaint("Detector: Pilatus1M\nDetector_config: {\"x_offset_file\": \"x.cbf\"}\n",
                   {"a.poni:2: Detector_config: 'x_offset_file' is not supported"});
  expect_complaint("Detector: Pilatus1M\nPixelSize1: 3.44e-4\n", {"a.poni:2: pixel size", "2 times", "binned"});
  expect_complaint("Detector: Detector\nDetector_config: {\"binning\": [2, 2]}\n", {"binning [2,2] is not supported"});
}

TEST(Poni, refuses_a_detector_config_that_is_not_understood) {
  expect_complaint("Detector_config: {'pixel1': 1}\n", {"a.poni:1: Detector_config must be a JSON mapping"});
  expect_complaint("Detector_config: {\"pixel3\": 1}\n", {"'pixel3' is not a key", "Did you mean 'pixel1'?"});
  expect_complaint("Detector_config: {\"max_shape\": [10, -1]}\n", {"'max_shape' must be [rows, columns]"});
  expect_complaint("Detector_config: {\"pixel1\": \"1e-4\"}\n", {"'pixel1' must be a number"});
}

TEST(Poni, writes_what_reads_back) {
  Poni poni{find_detector("PilatusCdTe2M").value(), 0.7397819438461675, 0.1, -0.2, 1e-9, 0.2, -3, 2.02e-11};
  poni.detector.modules->rows = 100;
  const Poni back = parse_poni(to_poni_text(poni), "a.poni");
  EXPECT_EQ(back.detector, poni.detector);
  EXPECT_EQ(back.distance, poni.distance);
  EXPECT_EQ(back.rot1, poni.rot1);
  EXPECT_EQ(back.rot3, poni.rot3);
  EXPECT_EQ(back.wavelength, poni.wavelength);
}

TEST(Poni, names_a_file_that_cannot_be_read) {
  for (const char* path : {"/nowhere/a.poni", "/tmp"}) {
    try {
      (void)read_poni(path);
      FAIL() << path;
    } catch (const ConfigError& error) {
      EXPECT_NE(std::string(error.what()).find(std::string(path) + ": the poni file cannot be read"),
                std::string::npos);
    }
  }
}

TEST(Poni, reads_published_calibrations) {
  const std::filesystem::path data = std::filesystem::path(ANNULUS_SHARED_DIR) / "data";
  if (!std::filesystem::exists(data)) GTEST_SKIP() << "the reference data are not there: " << data;
  const Poni poni = read_poni(data / "pilatus2m_ceo2/reference/ceria_Pilatus2M.poni");
  EXPECT_EQ(poni.distance, 0.7397819438461675);
  EXPECT_EQ(poni.detector.rows, 1679U);
}

TEST(RequireValid, refuses_what_code_may_have_made) {
  Poni poni{find_detector("Eiger1M").value(), 1, 0, 0, 0, 0, 0, std::nullopt};
  EXPECT_NO_THROW(require_valid(poni));
  poni.rot2 = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(require_valid(poni), ConfigError);
}

}  // namespace
}  // namespace annulus
