// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string_view>

namespace annulus {

struct AttenuationPoint {
  double energy;       ///< of the photons [keV]
  double attenuation;  ///< per mass and area [cm^2/g]
};

/// A material that sensors are made of.
struct SensorMaterial {
  std::string_view name;
  double density;                            ///< [g/cm^3]
  std::span<const AttenuationPoint> points;  ///< by rising energy, an absorption edge with one before and one after
};

[[nodiscard]] std::span<const SensorMaterial> all_sensor_materials() noexcept;

}  // namespace annulus
