// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/geometry/sensor.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "operators/data/error.hpp"
#include "operators/data/text.hpp"

#include "detectors/geometry/attenuation_tables.hpp"

namespace annulus {

std::vector<std::string_view> sensor_materials() {
  std::vector<std::string_view> names;
  for (const SensorMaterial& material : all_sensor_materials()) names.push_back(material.name);
  return names;
}

double attenuation(std::string_view material, double energy) {
  const auto found = std::ranges::find(all_sensor_materials(), material, &SensorMaterial::name);
  if (found == all_sensor_materials().end()) {
    throw ConfigError(
        fmt::format("the sensor material '{}' is not known.{}", material, suggest(material, sensor_materials())));
  }
  const auto& points = found->points;
  const double kev = energy * 1e-3;
  const auto after = std::ranges::upper_bound(points, kev, {}, &AttenuationPoint::energy);
  if (after == points.begin() || after == points.end()) {
    throw ConfigError(fmt::format("the attenuation of {} at {:.4g} keV is not tabulated (only from {} to {} keV)",
                                  material, kev, points.front().energy, points.back().energy));
  }
  const AttenuationPoint& a = *(after - 1);
  const double part = std::log(kev / a.energy) / std::log(after->energy / a.energy);
  const double mass_attenuation = a.attenuation * std::pow(after->attenuation / a.attenuation, part);  // [cm^2/g]
  return mass_attenuation * found->density * 100;
}

void relative_absorption(std::span<const double> cosines, double depth, std::span<double> out) {
  const double normal = -std::expm1(-depth);
  std::ranges::transform(cosines, out.begin(), [&](double cosine) { return -std::expm1(-depth / cosine) / normal; });
}

}  // namespace annulus
