// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/geometry/detector_config.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "operators/data/text.hpp"

namespace annulus {
namespace {

using nlohmann::json;

constexpr auto known_keys =
    std::to_array<std::string_view>({"pixel1", "pixel2", "max_shape", "module_size", "orientation", "sensor",
                                     "splinefile", "x_offset_file", "y_offset_file", "binning"});

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// Reads [rows, cols], both at least 1.
bool read_pair(const json& value, std::size_t& rows, std::size_t& cols) {
  constexpr std::int64_t most = 1 << 20;
  if (!value.is_array() || value.size() != 2) return false;
  for (const json& part : value) {
    if (!part.is_number_integer() || part.get<std::int64_t>() < 1 || part.get<std::int64_t>() > most) return false;
  }
  rows = value[0].get<std::size_t>();
  cols = value[1].get<std::size_t>();
  return true;
}

std::string set_orientation(Detector& detector, const json& value) {
  if (!value.is_number_integer() || value < 0 || value > 4) {
    return fmt::format(
        "orientation {} is not supported (pyFAI has 1 to 4: images whose rows are columns of the detector must be "
        "transposed) turn the image",
        value.dump());
  }
  // 0 stands for "not said", which is 3 for every detector of the catalogue.
  if (const int number = value.get<int>(); number > 0) detector.orientation = static_cast<Orientation>(number);
  return {};
}

std::string set_binning(const json& value) {
  if (value == 1 || value == json::array({1, 1})) return {};
  return fmt::format("binning {} is not supported (only 1) describe the binned image as a generic Detector",
                     value.dump());
}

/// Applies one key; returns what is wrong, or an empty text.
std::string apply(Detector& detector, const std::string& key, const json& value) {
  if (std::ranges::find(known_keys, key) == known_keys.end()) {
    return fmt::format("'{}' is not a key of a detector (unknown keys could change the geometry).{}", key,
                       suggest(key, known_keys));
  }
  if (value.is_null()) return {};
  if (key == "pixel1" || key == "pixel2") {
    if (!value.is_number()) return fmt::format("'{}' must be a number [m] (found {})", key, value.dump());
    return set_pixel(detector, key == "pixel1" ? detector.pixel1 : detector.pixel2, value.get<double>());
  }
  if (key == "max_shape") {
    if (read_pair(value, detector.rows, detector.cols)) return {};
    return fmt::format("'max_shape' must be [rows, columns], both positive integers (found {})", value.dump());
  }
  if (key == "module_size") {
    if (!detector.modules) return fmt::format("'module_size' does not apply ({} has no modules)", detector.name);
    if (read_pair(value, detector.modules->rows, detector.modules->cols)) return {};
    return fmt::format("'module_size' must be [rows, columns], both positive integers (found {})", value.dump());
  }
  if (key == "orientation") return set_orientation(detector, value);
  if (key == "binning") return set_binning(value);
  if (key == "sensor") return {};  // material and thickness: they change neither positions nor masks
  return fmt::format("'{}' is not supported (distorted detectors need pixel positions of their own)", key);
}

}  // namespace

std::string set_pixel(Detector& detector, double& pixel, double size) {
  if (!std::isfinite(size) || size <= 0) return fmt::format("pixel size {} is not a positive length [m]", size);
  if (pixel > 0 && std::round(size / pixel) >= 2) {
    return fmt::format(
        "pixel size {} m is {:.0f} times that of {} (binned images of a module detector are not supported) describe "
        "the "
        "binned image as a generic Detector",
        size, size / pixel, detector.name);
  }
  pixel = size;
  return {};
}

std::vector<std::string> apply_config(Detector& detector, std::string_view text) {
  const json config = json::parse(text, nullptr, false);
  if (config.is_null()) return {};
  if (!config.is_object()) {
    return {fmt::format("Detector_config must be a JSON mapping (found {}) such as {{\"orientation\": 3}}", text)};
  }
  std::vector<std::string> problems;
  for (const auto& [key, value] : config.items()) {
    if (std::string problem = apply(detector, lower(key), value); !problem.empty()) {
      problems.push_back("Detector_config: " + problem);
    }
  }
  return problems;
}

}  // namespace annulus
