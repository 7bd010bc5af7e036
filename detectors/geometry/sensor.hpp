// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace annulus {

/// The layer of a detector that absorbs the photons.
struct Sensor {
  std::string material;  ///< one of sensor_materials()
  double thickness = 0;  ///< [m]; 0: so thick that nothing passes
  friend bool operator==(const Sensor&, const Sensor&) = default;
};

/// "Si", "CdTe", ... as pyFAI spells them.
[[nodiscard]] std::vector<std::string_view> sensor_materials();

/// Linear attenuation coefficient [1/m] of a material for photons of `energy` [eV], from tables of NIST, interpolated
/// in the logarithms of both as NIST recommends (pyFAI interpolates linearly, which is up to 25 % more between the
/// points). Throws ConfigError for a material that is not known or an energy outside of its table.
[[nodiscard]] double attenuation(std::string_view material, double energy);

/// What a sensor of optical depth `depth` (attenuation times thickness) absorbs of rays whose angles with its normal
/// have these cosines, relative to a ray along the normal: (1 - exp(-depth / cosine)) / (1 - exp(-depth)); `out` has as
/// many elements.
void relative_absorption(std::span<const double> cosines, double depth, std::span<double> out);

}  // namespace annulus
