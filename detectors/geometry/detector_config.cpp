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
                                     "splinefile", "filename", "x_offset_file", "y_offset_file", "binning", "radius"});

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
  const int number = value.get<int>();
  if (detector.grid && number != 0 && number != 3) {
    return fmt::format(
        "orientation {} of {} is not supported (versions of pyFAI disagree whether its corners are turned)", number,
        detector.file);
  }
  if (number > 0) detector.orientation = static_cast<Orientation>(number);
  return {};
}

std::string set_binning(const json& value) {
  if (value == 1 || value == json::array({1, 1})) return {};
  return fmt::format("binning {} is not supported (only 1) describe the binned image as a generic Detector",
                     value.dump());
}

/// Reads a length [m]; false unless it is positive and finite.
bool read_length(const json& value, double& length) {
  if (!value.is_number()) return false;
  length = value.get<double>();
  return length > 0 && std::isfinite(length);
}

std::string set_sensor(Detector& detector, const json& value) {
  if (!value.is_object() || !value.contains("material") || !value["material"].is_string()) {
    return fmt::format(R"('sensor' must be such as {{"material": "Si", "thickness": 0.00045}} (found {}))",
                       value.dump());
  }
  Sensor sensor{value["material"].get<std::string>()};
  const auto materials = sensor_materials();
  if (std::ranges::find(materials, sensor.material) == materials.end()) {
    return fmt::format("the sensor material '{}' is not known.{}", sensor.material,
                       suggest(sensor.material, materials));
  }
  for (const auto& [key, part] : value.items()) {
    if (key == "material" || part.is_null()) continue;
    if (key != "thickness") return fmt::format("'{}' is not a key of a sensor (material and thickness are)", key);
    if (!read_length(part, sensor.thickness)) {
      return fmt::format("the thickness of the sensor must be a positive length [m] (found {})", part.dump());
    }
  }
  detector.sensor = sensor;
  return {};
}

std::string set_radius(Detector& detector, const json& value) {
  if (detector.layout != PixelLayout::cylinder) {
    return fmt::format("'radius' does not apply ({} is not bent)", detector.name);
  }
  if (read_length(value, detector.radius)) return {};
  return fmt::format("'radius' must be a positive length [m] (found {})", value.dump());
}

/// The way of binning with the pixel size nearest to `size`, if one is within 1 %.
const Binning* nearest(std::span<const Binning> ways, double size) {
  const auto off = [&](const Binning& way) { return std::abs(way.pixel - size); };
  const auto found = std::ranges::min_element(ways, {}, off);
  return off(*found) < 0.01 * found->pixel ? &*found : nullptr;
}

/// A size of pixels that one of the detector's ways to be binned has.
std::string set_binned_pixel(Detector& detector, double& pixel, double size, const Binnings& binnings) {
  const Binning* way = nearest(binnings.ways, size);
  if (way == nullptr) {
    std::string sizes;
    for (const Binning& known : binnings.ways) sizes += fmt::format("{}{}", sizes.empty() ? "" : ", ", known.pixel);
    return fmt::format("pixel size {} m is none of {} ({} m)", size, detector.name, sizes);
  }
  if (&pixel == &detector.pixel1) detector.rows = binned_length(binnings.rows, way->factor);
  if (&pixel == &detector.pixel2) detector.cols = binned_length(binnings.cols, way->factor);
  pixel = size;
  return {};
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
  if (key == "filename" && !detector.file.empty()) return {};  // has been read
  if (key == "filename") return fmt::format("'filename' does not apply ({} is described by no file)", detector.name);
  if (key == "sensor") return set_sensor(detector, value);
  if (key == "radius") return set_radius(detector, value);
  return fmt::format("'{}' is not supported (distorted detectors need pixel positions of their own)", key);
}

}  // namespace

std::string set_pixel(Detector& detector, double& pixel, double size) {
  if (!std::isfinite(size) || size <= 0) return fmt::format("pixel size {} is not a positive length [m]", size);
  if (const Binnings binnings = binnings_of(detector.name); !binnings.ways.empty()) {
    return set_binned_pixel(detector, pixel, size, binnings);
  }
  if (const double factor = pixel > 0 ? std::round(size / pixel) : 1; factor >= 2) {
    if (detector.modules) {
      return fmt::format(
          "pixel size {} m is {:.0f} times that of {} (binned images of a module detector are not supported) describe "
          "the binned image as a generic Detector",
          size, factor, detector.name);
    }
    if (&pixel == &detector.pixel1) detector.rows = binned_length(detector.rows, factor);
    if (&pixel == &detector.pixel2) detector.cols = binned_length(detector.cols, factor);
  }
  pixel = size;
  return {};
}

std::optional<std::string> filename_in(std::string_view text) {
  const json config = json::parse(text, nullptr, false);
  if (!config.is_object()) return std::nullopt;
  const auto found = config.find("filename");
  if (found == config.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
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
