// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/geometry/poni.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include <fmt/format.h>

#include "operators/data/error.hpp"
#include "operators/data/text.hpp"
#include "operators/data/units.hpp"

#include "detectors/geometry/detector_config.hpp"
#include "detectors/geometry/nexus_detector.hpp"

namespace annulus {
namespace {

constexpr std::array<std::string_view, 2> convention_names{"single_flip", "double_flip"};

struct Entry {
  std::string value;
  std::size_t line = 0;
};
using Entries = std::map<std::string, Entry, std::less<>>;

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](unsigned char c) { return std::isspace(c) != 0; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool is_none(std::string_view value) {
  const std::string word = lower(value);
  return word.empty() || word == "none" || word == "null";
}

/// "Key: value" lines, of equal keys the last: pyFAI appends when it calibrates again.
Entries split_lines(std::string_view text) {
  Entries entries;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t colon = line.find(':');
    if (line.starts_with('#') || colon == std::string_view::npos) continue;
    entries[lower(trimmed(line.substr(0, colon)))] = {std::string(trimmed(line.substr(colon + 1))), number};
  }
  return entries;
}

/// The same of a geometry as JSON, or of that in the configuration of a worker: every key with its value as a poni file
/// would have it.
Entries entries_of_json(std::string_view text, const std::string& where) {
  using nlohmann::json;
  json config = json::parse(text, nullptr, false);
  if (!config.is_object()) throw ConfigError(fmt::format("{}: neither a poni file nor JSON", where));
  if (config.contains("poni") && config["poni"].is_object()) config = json(config["poni"]);
  constexpr auto known = std::to_array<std::string_view>(
      {"poni_version", "detector", "detector_config", "dist", "distance", "poni1", "poni2", "rot1", "rot2", "rot3",
       "wavelength", "parallax", "pixelsize1", "pixelsize2", "splinefile"});
  Entries entries;
  std::vector<std::string> problems;
  for (const auto& [key, value] : config.items()) {
    if (std::ranges::find(known, lower(key)) == known.end()) {
      problems.push_back(fmt::format("{}: '{}' is not a key of a geometry.{}", where, key, suggest(key, known)));
    }
    entries[lower(key)] = {value.is_string() ? value.get<std::string>() : value.dump(), 1};
  }
  if (!problems.empty()) throw ConfigError(problems);
  return entries;
}

std::optional<double> parse_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

/// What is wrong with the numbers, one text each.
std::vector<std::string> problems_of(const Poni& poni) {
  std::vector<std::string> problems;
  const auto positive = [&](std::string_view name, double value) {
    if (!(std::isfinite(value) && value > 0)) {
      problems.push_back(fmt::format("{} is {} m (it must be positive and finite)", name, value));
    }
  };
  const auto finite = [&](std::string_view name, double value) {
    if (!std::isfinite(value)) problems.push_back(fmt::format("{} is {} (it must be finite)", name, value));
  };
  positive("Distance", poni.distance);
  finite("Poni1", poni.poni1);
  finite("Poni2", poni.poni2);
  finite("Rot1", poni.rot1);
  finite("Rot2", poni.rot2);
  finite("Rot3", poni.rot3);
  positive("pixel1, the height of a pixel,", poni.detector.pixel1);
  positive("pixel2, the width of a pixel,", poni.detector.pixel2);
  if (poni.wavelength) positive("Wavelength", *poni.wavelength);
  if (!poni.parallax) return problems;
  if (!poni.detector.sensor)
    problems.emplace_back("Parallax needs the sensor (its material) add it to Detector_config");
  if (!poni.wavelength) problems.emplace_back("Parallax needs a wavelength (attenuation depends on it) add Wavelength");
  if (problems.empty()) {
    try {
      (void)attenuation(poni.detector.sensor->material, hc_ev_m / *poni.wavelength);
    } catch (const ConfigError& error) {
      problems.push_back(fmt::format("Parallax: {}", error.what()));
    }
  }
  return problems;
}

/// Turns the lines of one file into a Poni, collecting every mistake.
class Reader final {
 public:
  Reader(Entries entries, const std::string& where) : entries_(std::move(entries)), where_(where) {}

  Poni read() {
    read_detector(read_version());
    poni_.distance = required(entries_.contains("dist") ? "dist" : "distance");
    poni_.poni1 = required("poni1");
    poni_.poni2 = required("poni2");
    poni_.rot1 = number("rot1").value_or(0);
    poni_.rot2 = number("rot2").value_or(0);
    poni_.rot3 = number("rot3").value_or(0);
    poni_.wavelength = number("wavelength");
    if (problems_.empty()) {
      for (const std::string& problem : problems_of(poni_)) problems_.push_back(fmt::format("{}: {}", where_, problem));
    }
    if (!problems_.empty()) throw ConfigError(problems_);
    return poni_;
  }

 private:
  [[nodiscard]] const Entry* find(std::string_view key) const {
    const auto found = entries_.find(key);
    return found == entries_.end() || is_none(found->second.value) ? nullptr : &found->second;
  }

  void report(const Entry& entry, std::string_view problem) {
    problems_.push_back(fmt::format("{}:{}: {}", where_, entry.line, problem));
  }

  std::optional<double> number(std::string_view key) {
    const Entry* entry = find(key);
    if (entry == nullptr) return std::nullopt;
    const std::optional<double> value = parse_number(entry->value);
    if (!value) report(*entry, fmt::format("{}: '{}' is not a finite number", key, entry->value));
    return value;
  }

  double required(std::string_view key) {
    if (find(key) == nullptr) {
      problems_.push_back(fmt::format("{}: {} is missing (is this a poni file?)", where_, key));
    }
    return number(key).value_or(0);
  }

  /// The declared version, raised to what the keys imply, as pyFAI does.
  double read_version() {
    double version = number("poni_version").value_or(1);
    if (version > 3) {
      report(*find("poni_version"), fmt::format("version {} is not known (1, 2, 2.1 and 3 are)", version));
    }
    if (find("detector_config") != nullptr) version = std::max(version, 2.0);
    if (const Entry* parallax = find("parallax"); parallax != nullptr) {
      const std::string word = lower(parallax->value);
      poni_.parallax = word == "true";
      if (word != "true" && word != "false")
        report(*parallax, fmt::format("Parallax: '{}' is neither True nor False", parallax->value));
    }
    return version;
  }

  /// The file that describes the detector: named instead of a detector, or in its configuration.
  std::optional<std::filesystem::path> detector_file(const Entry& name) {
    std::error_code ignored;
    if (name.value == "NexusDetector") {
      const Entry* config = find("detector_config");
      const auto file = config == nullptr ? std::nullopt : filename_in(config->value);
      if (file) return *file;
    }
    if (std::filesystem::is_regular_file(beside(name.value), ignored)) return name.value;
    return std::nullopt;
  }

  /// Relative paths are relative to the poni file or, as in pyFAI, to where the program was started.
  [[nodiscard]] std::filesystem::path beside(const std::filesystem::path& path) const {
    std::error_code ignored;
    const std::filesystem::path here = std::filesystem::path(where_).parent_path() / path;
    return std::filesystem::exists(here, ignored) ? here : path;
  }

  bool read_detector_file(const Entry& name, const std::filesystem::path& file) {
    try {
      poni_.detector = read_nexus_detector(beside(file));
      return true;
    } catch (const ConfigError& error) {
      report(name, error.what());
      return false;
    }
  }

  void read_detector(double version) {
    if (const Entry* name = find("detector"); name != nullptr) {
      if (const std::optional<std::filesystem::path> file = detector_file(*name)) {
        if (!read_detector_file(*name, *file)) return;
      } else if (const std::optional<Detector> known = find_detector(name->value)) {
        poni_.detector = *known;
      } else {
        const auto names = all_detector_names();
        report(*name, fmt::format("detector '{}' is neither in the catalogue nor a file.{}", name->value,
                                  suggest(name->value, names)));
        return;
      }
    }
    if (version >= 2) {
      read_config();
    } else {
      read_pixel_sizes();
    }
  }

  void read_config() {
    const Entry* config = find("detector_config");
    if (config == nullptr) return;
    for (const std::string& problem : apply_config(poni_.detector, config->value)) report(*config, problem);
  }

  /// Version 1 has PixelSize1, PixelSize2 and SplineFile instead of a Detector_config.
  void read_pixel_sizes() {
    const auto read_into = [&](std::string_view key, double& pixel) {
      if (const std::optional<double> size = number(key)) {
        const std::string problem = set_pixel(poni_.detector, pixel, *size);
        if (!problem.empty()) report(*find(key), problem);
      }
    };
    read_into("pixelsize1", poni_.detector.pixel1);
    read_into("pixelsize2", poni_.detector.pixel2);
    if (const Entry* spline = find("splinefile")) {
      report(*spline, "SplineFile is not supported (distorted detectors need pixel positions of their own)");
    }
  }

  Entries entries_;
  const std::string& where_;
  Poni poni_;
  std::vector<std::string> problems_;
};

/// Detector_config as pyFAI understands it.
std::string config_text(const Detector& detector) {
  if (!detector.file.empty()) {
    return fmt::format("{{\"filename\": {}, \"orientation\": {}}}", nlohmann::json(detector.file).dump(),
                       static_cast<int>(detector.orientation));
  }
  std::string config = fmt::format("\"pixel1\": {}, \"pixel2\": {}", detector.pixel1, detector.pixel2);
  if (detector.has_shape()) config += fmt::format(", \"max_shape\": [{}, {}]", detector.rows, detector.cols);
  const std::optional<Detector> known = find_detector(detector.name);
  if (detector.modules && known && known->modules != detector.modules) {
    config += fmt::format(", \"module_size\": [{}, {}]", detector.modules->rows, detector.modules->cols);
  }
  if (const auto& sensor = detector.sensor) {
    const std::string thickness = sensor->thickness > 0 ? fmt::format(", \"thickness\": {}", sensor->thickness) : "";
    config += fmt::format(", \"sensor\": {{\"material\": \"{}\"{}}}", sensor->material, thickness);
  }
  if (detector.layout == PixelLayout::cylinder) config += fmt::format(", \"radius\": {}", detector.radius);
  return fmt::format("{{{}, \"orientation\": {}}}", config, static_cast<int>(detector.orientation));
}

}  // namespace

Poni parse_poni(std::string_view text, const std::string& where) {
  return Reader(trimmed(text).starts_with('{') ? entries_of_json(text, where) : split_lines(text), where).read();
}

std::string read_poni_text(const std::filesystem::path& path) {
  std::error_code ignored;
  std::ifstream file(path, std::ios::binary);
  if (!file || !std::filesystem::is_regular_file(path, ignored)) {
    throw ConfigError(fmt::format("{}: the poni file cannot be read (it is missing or not readable)", path.string()));
  }
  return {std::istreambuf_iterator<char>(file), {}};
}

Poni read_poni(const std::filesystem::path& path) { return parse_poni(read_poni_text(path), path.string()); }

std::string to_poni_text(const Poni& poni) {
  std::string text = fmt::format(
      "# Nota: C-Order, 1 refers to the Y axis, 2 to the X axis\n"
      "poni_version: {}\nDetector: {}\nDetector_config: {}\nDistance: {}\nPoni1: {}\nPoni2: {}\n"
      "Rot1: {}\nRot2: {}\nRot3: {}\n",
      poni.parallax ? "3" : "2.1", poni.detector.name, config_text(poni.detector), poni.distance, poni.poni1,
      poni.poni2, poni.rot1, poni.rot2, poni.rot3);
  if (poni.wavelength) text += fmt::format("Wavelength: {}\n", *poni.wavelength);
  if (poni.parallax) text += "Parallax: True\n";
  return text;
}

double sensor_depth(const Poni& poni) {
  const auto& sensor = poni.detector.sensor;
  if (!sensor || sensor->thickness <= 0) {
    throw ConfigError(fmt::format(
        "the absorption needs material and thickness of the sensor ({} has no such) add a sensor to Detector_config",
        poni.detector.name));
  }
  if (!poni.wavelength)
    throw ConfigError("the absorption needs a wavelength (the geometry has none) add it to the poni file");
  return attenuation(sensor->material, hc_ev_m / *poni.wavelength) * sensor->thickness;
}

std::string_view name_of(OrientationConvention convention) noexcept {
  return convention_names[static_cast<std::size_t>(convention)];
}

OrientationConvention parse_orientation_convention(std::string_view name) {
  const auto found = std::ranges::find(convention_names, name);
  if (found == convention_names.end()) {
    throw ConfigError(
        fmt::format("'{}' is not a convention of orientations.{}", name, suggest(name, convention_names)));
  }
  return static_cast<OrientationConvention>(found - convention_names.begin());
}

void require_valid(const Poni& poni) {
  if (const std::vector<std::string> problems = problems_of(poni); !problems.empty()) throw ConfigError(problems);
}

}  // namespace annulus
