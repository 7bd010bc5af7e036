// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include "operators/data/error.hpp"

#include "detectors/geometry/worker_json.hpp"
#include "service/cli/commands.hpp"

namespace annulus {
namespace {

void require_images_only(const WorkerSettings& settings, const std::string& file) {
  if (settings.method.value_or(WorkerSettings::Method::integrate) != WorkerSettings::Method::integrate) {
    throw ConfigError(
        fmt::format("--settings: {}: integrator_method asks for a pattern without outliers (this command only "
                    "integrates) name the file in a configuration with an operator sigma_clip, median or quantile, and "
                    "use annulus replay",
                    file));
  }
  if (!settings.monitor_name.empty()) {
    throw ConfigError(
        fmt::format("--settings: {}: monitor_name is '{}' (image files have no readings) set it to null, and give "
                    "--normalization-factor",
                    file, settings.monitor_name));
  }
}

std::optional<std::string> text_of(const std::optional<std::filesystem::path>& path) {
  return path ? std::optional(path->string()) : std::nullopt;
}

}  // namespace

IntegrateOptions options_of_worker(const std::filesystem::path& json) {
  const WorkerSettings settings = read_worker_json(json);
  require_images_only(settings, json.string());
  IntegrateOptions o;
  o.settings = json;
  o.poni = json;
  o.mask = text_of(settings.mask);
  o.dark = text_of(settings.dark);
  o.flat = text_of(settings.flat);
  o.bins = static_cast<int>(settings.radial_bins);
  o.azimuthal_bins = settings.azimuthal_bins > 1 ? static_cast<int>(settings.azimuthal_bins) : 0;
  o.unit = info(settings.unit).name;
  o.incident_angle = settings.sample.incident_angle;
  o.tilt_angle = settings.sample.tilt_angle;
  o.sample_orientation = settings.sample.sample_orientation;
  o.split = settings.split.value_or(o.split);
  o.error_model = settings.error_model;
  o.polarization = settings.polarization;
  o.polarization_offset = settings.polarization_offset;
  o.solid_angle = settings.solid_angle;
  o.radial_range = settings.radial_range;
  o.azimuth_range = settings.azimuth_range;
  o.azimuths_from_zero = settings.azimuths_from_zero;
  if (settings.dummy) o.dummy = settings.dummy->value;
  if (settings.dummy) o.delta_dummy = settings.dummy->delta;
  o.normalization_factor = settings.normalization_factor;
  return o;
}

}  // namespace annulus
