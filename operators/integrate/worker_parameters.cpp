// SPDX-License-Identifier: BSD-3-Clause
#include "operators/integrate/worker_parameters.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "operators/data/error.hpp"

namespace annulus {
namespace {

using Method = WorkerSettings::Method;

bool is_given(const Node& node, std::string_view param) {
  const ParamBase* const found = node.find_param(param);
  return found != nullptr && found->is_set();
}

bool has_azimuths(std::string_view type) { return type == "integrate2d" || type == "integrate_radial"; }

/// The type of operator that does what the file says; `type` itself where it may.
std::string_view type_for(const Node& node, std::string_view type, const WorkerSettings& settings) {
  if (settings.method == Method::sigma_clip) return "sigma_clip";
  if (settings.method == Method::quantile) {
    const bool is_median = settings.percentile == WorkerSettings::Pair{50, 50};
    return is_median && type == "median" ? type : "quantile";
  }
  const bool own_azimuths = is_given(node, "azimuthal_bins") || is_given(node, "azimuthal_edges");
  if (has_azimuths(type) && own_azimuths) return type;
  if (settings.azimuthal_bins > 1) return "integrate2d";
  if (has_azimuths(type) || settings.method) return "integrate1d";
  return type;
}

void require_fitting_type(const Node& node, std::string_view type, const WorkerSettings& settings) {
  const std::string_view fitting = type_for(node, type, settings);
  if (fitting == type) return;
  throw ConfigError(
      fmt::format("the file does not describe {} (nbpt_azim is {}, and integrator_method asks for what {} does) "
                  "write 'type: {}', or change the file",
                  type, settings.azimuthal_bins, fitting, fitting));
}

Value pair_value(const WorkerSettings::Pair& pair) { return List{Value(pair[0]), Value(pair[1])}; }

/// As a configuration would write them.
Dict written(const WorkerSettings& s, std::string_view type, const std::filesystem::path& file) {
  Dict out{{"poni", file.string()},
           {"bins", static_cast<std::int64_t>(s.radial_bins)},
           {"unit", std::string(info(s.unit).name)},
           {"incident_angle", s.sample.incident_angle},
           {"tilt_angle", s.sample.tilt_angle},
           {"sample_orientation", s.sample.sample_orientation},
           {"polarization_offset", s.polarization_offset},
           {"solid_angle", s.solid_angle},
           {"normalization_factor", s.normalization_factor}};
  const auto add = [&](const char* name, const auto& value) {
    if (value) out.set(name, *value);
  };
  const auto add_file = [&](const char* name, const std::optional<std::filesystem::path>& path) {
    if (path) out.set(name, path->string());
  };
  add("split", s.split);
  add("polarization", s.polarization);
  add_file("dark", s.dark);
  add_file("flat", s.flat);
  add_file("mask", s.mask);
  if (s.error_model != "none") out.set("error_model", s.error_model);
  if (!s.monitor_name.empty()) out.set("monitor", s.monitor_name);
  if (s.dummy) out.set("dummy", s.dummy->value);
  if (s.dummy) out.set("delta_dummy", s.dummy->delta);
  if (s.radial_range) out.set("radial_range", pair_value(*s.radial_range));
  if (s.azimuth_range) out.set("azimuth_range", pair_value(*s.azimuth_range));
  if (s.azimuthal_bins > 1) out.set("azimuthal_bins", static_cast<std::int64_t>(s.azimuthal_bins));
  if (s.azimuths_from_zero && !s.azimuth_range && has_azimuths(type)) out.set("sector", pair_value({0, 360}));
  add("threshold", s.threshold);
  if (s.max_iterations) out.set("max_iter", static_cast<std::int64_t>(*s.max_iterations));
  if (s.method == Method::quantile && type == "quantile") out.set("percentile", pair_value(s.percentile));
  return out;
}

/// What parameters that have been set stand in for under another name.
void add_replaced(const Node& node, std::vector<std::string_view>& names) {
  const auto add = [&](std::string_view given, std::initializer_list<std::string_view> replaced) {
    if (is_given(node, given)) names.insert(names.end(), replaced);
  };
  add("edges", {"bins", "radial_range"});
  add("azimuth_range", {"sector"});
  add("sector", {"azimuth_range"});
  add("azimuthal_edges", {"azimuthal_bins", "azimuth_range", "sector"});
  add("dummy", {"delta_dummy"});
}

/// The range of the file is in the unit of the file.
void require_unit_of_range(const Node& node, const WorkerSettings& settings) {
  const bool own_range = is_given(node, "radial_range") || is_given(node, "edges");
  if (!settings.radial_range || own_range || !is_given(node, "unit")) return;
  const std::string_view unit = info(settings.unit).name;
  if (node.find_param("unit")->text() == unit) return;
  throw ConfigError(
      fmt::format("the file's radial_range is in {} (another unit is given) give a radial_range, too", unit));
}

}  // namespace

void set_from_worker(Node& node, std::string_view type, const WorkerSettings& settings,
                     const std::filesystem::path& file, std::vector<std::string_view> left_out) {
  require_fitting_type(node, type, settings);
  require_unit_of_range(node, settings);
  add_replaced(node, left_out);
  std::vector<std::string> mistakes;
  for (const auto& [name, value] : written(settings, type, file)) {
    ParamBase& param = *node.find_param(name);
    if (param.is_set() || std::ranges::find(left_out, name) != left_out.end()) continue;
    try {
      param.set(value);
    } catch (const ConfigError& error) {
      mistakes.push_back(fmt::format("{}: {}: {}", file.string(), name, error.what()));
    }
  }
  if (!mistakes.empty()) throw ConfigError(mistakes);
}

}  // namespace annulus
