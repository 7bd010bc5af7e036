// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/geometry/worker_json.hpp"

#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include <fmt/format.h>

#include "operators/data/error.hpp"
#include "operators/data/text.hpp"

namespace annulus {
namespace {

using nlohmann::json;
using Pair = WorkerSettings::Pair;
using Method = WorkerSettings::Method;

/// Turns one JSON object into settings, collecting every mistake.
class Reader final {
 public:
  Reader(const json& config, const std::string& where) : config_(config), where_(where) {}

  WorkerSettings read() {
    for (const auto& [key, value] : config_.items()) {
      const auto known = keys_.find(key);
      if (known == keys_.end()) {
        std::vector<std::string_view> names;
        for (const auto& [name, read_key] : keys_) names.push_back(name);
        report(fmt::format("'{}' is not a key of a worker (it could change the result).{}", key, suggest(key, names)));
      } else if (!value.is_null()) {
        known->second(value);
      }
    }
    require("poni", "the geometry");
    require("nbpt_rad", "the number of radial bins");
    read_extra_options();
    if (settings_.azimuthal_bins > 1 && settings_.method.value_or(Method::integrate) != Method::integrate) {
      report("nbpt_azim and integrator_method do not fit (outliers are left out of patterns only) set nbpt_azim to 1");
    }
    if (!problems_.empty()) throw ConfigError(problems_);
    settings_.poni.detector = sized_for(std::move(settings_.poni.detector), shape_);
    return settings_;
  }

 private:
  using ReadKey = std::function<void(const json&)>;

  void report(const std::string& problem) { problems_.push_back(fmt::format("{}: {}", where_, problem)); }

  void require(const char* key, const char* what) {
    if (!config_.contains(key) || config_[key].is_null()) report(fmt::format("{} is missing ({})", key, what));
  }

  ReadKey count(const std::string& key, std::size_t& out) {
    return [this, key, &out](const json& value) {
      if (value.is_number_integer() && value >= 1 && value <= 100'000'000) {
        out = value.get<std::size_t>();
      } else {
        report(fmt::format("{} must be a positive integer (found {})", key, value.dump()));
      }
    };
  }

  ReadKey text(const std::string& key, std::string& out) {
    return [this, key, &out](const json& value) {
      if (!value.is_string()) return report(fmt::format("{} must be a text (found {})", key, value.dump()));
      out = value.get<std::string>();
    };
  }

  ReadKey number(const std::string& key, double& out) {
    return [this, key, &out](const json& value) {
      if (!value.is_number()) return report(fmt::format("{} must be a number (found {})", key, value.dump()));
      out = value.get<double>();
    };
  }

  ReadKey flag(const std::string& key, bool& out) {
    return [this, key, &out](const json& value) {
      if (!value.is_boolean()) return report(fmt::format("{} must be true or false (found {})", key, value.dump()));
      out = value.get<bool>();
    };
  }

  /// One file, or a list of one.
  ReadKey file(const std::string& key, std::optional<std::filesystem::path>& out) {
    return [this, key, &out](const json& value) {
      const json& name = value.is_array() && value.size() == 1 ? value[0] : value;
      if (name.is_string()) {
        out = name.get<std::string>();
      } else if (!(value.is_array() && value.empty())) {
        report(fmt::format("{} must be one file (found {}) average several beforehand", key, value.dump()));
      }
    };
  }

  ReadKey range(const std::string& key, std::optional<Pair>& out) {
    return [this, key, &out](const json& value) {
      if (value == json::array({nullptr, nullptr})) return;
      if (!is_pair(value)) {
        return report(fmt::format("{} must be [low, high], both numbers (found {})", key, value.dump()));
      }
      out = Pair{value[0].get<double>(), value[1].get<double>()};
    };
  }

  /// A key that may only have this value: another would change the result.
  ReadKey only(const std::string& key, const json& allowed) {
    return [this, key, allowed](const json& value) {
      if (value != allowed) {
        report(fmt::format("{} {} is not supported (only {} is)", key, value.dump(), allowed.dump()));
      }
    };
  }

  void read_version(const json& value) {
    if (value != 4 && value != 5) report(fmt::format("version {} is not known (4 and 5 are)", value.dump()));
  }

  void read_poni(const json& value) {
    try {
      settings_.poni = parse_poni(value.dump(), where_);
    } catch (const ConfigError& error) {
      problems_.emplace_back(error.what());
    }
  }

  /// A name, or of grazing incidence a mapping with the pose of the sample.
  void read_unit(const json& value) {
    const json name = value.is_object() ? value.value("name", json()) : value;
    const auto unit = name.is_string() ? parse_radial_unit(name.get<std::string>()) : std::nullopt;
    if (!unit) return report(fmt::format("unit {} is not known (one name of pyFAI's units is expected)", value.dump()));
    settings_.unit = *unit;
    if (!value.is_object()) return;
    for (const auto& [key, part] : value.items()) {
      if (key == "name" || part.is_null()) continue;
      if (key == "incident_angle" && part.is_number()) {
        settings_.sample.incident_angle = part.get<double>();
      } else if (key == "tilt_angle" && part.is_number()) {
        settings_.sample.tilt_angle = part.get<double>();
      } else if (key == "sample_orientation" && part.is_number_integer() && part >= 1 && part <= 8) {
        settings_.sample.sample_orientation = part.get<int>();
      } else {
        report(fmt::format("unit: '{}': {} is not understood", key, part.dump()));
      }
    }
  }

  void read_polarization(const json& value) {
    const bool is_list = value.is_array() && !value.empty() && value.size() <= 2;
    for (const json& part : is_list ? value : json::array({value})) {
      if (!part.is_number()) {
        return report(fmt::format("polarization_description must be [factor, offset] (found {})", value.dump()));
      }
    }
    settings_.polarization = (is_list ? value[0] : value).get<double>();
    if (is_list && value.size() == 2) settings_.polarization_offset = value[1].get<double>();
  }

  void read_dummy(const json& value) {
    if (!value.is_number()) return report(fmt::format("val_dummy must be a number (found {})", value.dump()));
    settings_.dummy = BadValue{value.get<double>(), 0};
    const json delta = config_.value("delta_dummy", json());
    if (delta.is_null()) return;
    if (!delta.is_number() || delta < 0) {
      return report(fmt::format("delta_dummy must be a number that is not negative (found {})", delta.dump()));
    }
    settings_.dummy->delta = delta.get<double>();
  }

  void read_split(const json& value) {
    if (!value.is_array() || value.empty() || !value[0].is_string()) {
      return report(fmt::format("method must be [split, algorithm, implementation] (found {})", value.dump()));
    }
    const auto split = value[0].get<std::string>();
    if (split != "no" && split != "bbox" && split != "full") {
      return report(fmt::format("method: the split '{}' is not supported (no, bbox and full are)", split));
    }
    settings_.split = split;
  }

  void read_error_model(const json& value) {
    const auto name = value.is_string() ? value.get<std::string>() : value.dump();
    if (name == "poisson" || name == "azimuthal" || name == "hybrid") {
      settings_.error_model = name;
    } else if (name != "no" && name != "none" && !name.empty()) {
      report(fmt::format("error_model '{}' is not supported (no, poisson, azimuthal and hybrid are)", name));
    }
  }

  void read_integrator(const json& value) {
    static const std::map<std::string, Method, std::less<>> methods{
        {"integrate1d", Method::integrate},    {"integrate1d_ng", Method::integrate},
        {"integrate2d", Method::integrate},    {"integrate2d_ng", Method::integrate},
        {"sigma_clip_ng", Method::sigma_clip}, {"sigma_clip", Method::sigma_clip},
        {"medfilt1d_ng", Method::quantile}};
    const auto found = value.is_string() ? methods.find(value.get<std::string>()) : methods.end();
    if (found == methods.end()) {
      return report(
          fmt::format("integrator_method {} is not supported (integrate1d, integrate2d, sigma_clip_ng and "
                      "medfilt1d_ng are)",
                      value.dump()));
    }
    settings_.method = found->second;
  }

  /// What they mean depends on the method.
  void read_extra_options() {
    const json options = config_.value("extra_options", json());
    if (options.is_null()) return;
    if (!options.is_object()) return report(fmt::format("extra_options must be a mapping (found {})", options.dump()));
    for (const auto& [key, value] : options.items()) read_extra_option(key, value);
  }

  void read_extra_option(const std::string& key, const json& value) {
    const bool clips = settings_.method == Method::sigma_clip;
    if (clips && key == "thres" && value.is_number() && value >= 0) {
      settings_.threshold = value.get<double>();
    } else if (clips && key == "max_iter" && value.is_number_unsigned() && value <= 1000) {
      settings_.max_iterations = value.get<std::size_t>();
    } else if (settings_.method == Method::quantile && key == "percentile" && value.is_number()) {
      settings_.percentile = {value.get<double>(), value.get<double>()};
    } else if (settings_.method == Method::quantile && key == "percentile" && is_pair(value)) {
      settings_.percentile = {value[0].get<double>(), value[1].get<double>()};
    } else {
      report(
          fmt::format("extra_options: '{}': {} is not supported (thres and max_iter of sigma_clip_ng are, and "
                      "percentile of medfilt1d_ng)",
                      key, value.dump()));
    }
  }

  static bool is_pair(const json& value) {
    return value.is_array() && value.size() == 2 && value[0].is_number() && value[1].is_number();
  }

  /// The shape of the images, where the detector does not tell.
  void read_shape(const json& value) {
    if (value.is_array() && value.size() == 2 && value[0].is_number_unsigned() && value[1].is_number_unsigned()) {
      shape_ = {value[0].get<std::size_t>(), value[1].get<std::size_t>()};
    } else {
      report(fmt::format("shape must be [rows, columns] (found {})", value.dump()));
    }
  }

  const json& config_;
  const std::string& where_;
  WorkerSettings settings_;
  Shape shape_;
  std::vector<std::string> problems_;
  const ReadKey nothing_ = [](const json&) {};
  const std::map<std::string, ReadKey, std::less<>> keys_{
      {"application", nothing_},
      {"version", [this](const json& v) { read_version(v); }},
      {"poni", [this](const json& v) { read_poni(v); }},
      {"nbpt_rad", count("nbpt_rad", settings_.radial_bins)},
      {"nbpt_azim", count("nbpt_azim", settings_.azimuthal_bins)},
      {"unit", [this](const json& v) { read_unit(v); }},
      {"chi_discontinuity_at_0", flag("chi_discontinuity_at_0", settings_.azimuths_from_zero)},
      {"polarization_description", [this](const json& v) { read_polarization(v); }},
      {"normalization_factor", number("normalization_factor", settings_.normalization_factor)},
      {"val_dummy", [this](const json& v) { read_dummy(v); }},
      {"delta_dummy", nothing_},
      {"correct_solid_angle", flag("correct_solid_angle", settings_.solid_angle)},
      {"dark_current", file("dark_current", settings_.dark)},
      {"flat_field", file("flat_field", settings_.flat)},
      {"mask_file", file("mask_file", settings_.mask)},
      {"error_model", [this](const json& v) { read_error_model(v); }},
      {"method", [this](const json& v) { read_split(v); }},
      {"opencl_device", nothing_},
      {"azimuth_range", range("azimuth_range", settings_.azimuth_range)},
      {"radial_range", range("radial_range", settings_.radial_range)},
      {"integrator_class", only("integrator_class", "AzimuthalIntegrator")},
      {"integrator_method", [this](const json& v) { read_integrator(v); }},
      {"extra_options", nothing_},
      {"monitor_name", text("monitor_name", settings_.monitor_name)},
      {"shape", [this](const json& v) { read_shape(v); }},
  };
};

}  // namespace

WorkerSettings parse_worker_json(std::string_view text, const std::string& where) {
  const json config = json::parse(text, nullptr, false);
  if (!config.is_object()) {
    throw ConfigError(fmt::format("{}: not a JSON mapping (is this what pyFAI-integrate saved?)", where));
  }
  return Reader(config, where).read();
}

WorkerSettings read_worker_json(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  if (!(text << file.rdbuf())) throw ConfigError(fmt::format("{}: the file cannot be read", path.string()));
  WorkerSettings settings = parse_worker_json(text.str(), path.string());
  for (auto* image : {&settings.dark, &settings.flat, &settings.mask}) {
    if (*image) *image = path.parent_path() / **image;
  }
  return settings;
}

}  // namespace annulus
