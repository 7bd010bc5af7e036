// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/geometry/parallax.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace annulus {

Parallax::Parallax(double attenuation, double thickness, double distance) : table_(4096) {
  const double steps = static_cast<double>(table_.size() - 1);
  for (std::size_t i = 0; i < table_.size(); ++i) {
    const double sine = static_cast<double>(i) / steps;
    const double radius = distance * sine / std::sqrt(1 - sine * sine);
    if (!std::isfinite(radius)) {
      table_[i] = -displacement(1, attenuation, thickness);
      continue;
    }
    // Where the ray comes in: entry + displacement(entry) = radius, by halving, for the left side grows with entry.
    double low = std::max(0.0, radius - 1 / attenuation), high = radius;
    for (int halving = 0; halving < 60; ++halving) {
      const double entry = 0.5 * (low + high);
      const double seen = entry + displacement(entry / std::hypot(entry, distance), attenuation, thickness);
      (seen < radius ? low : high) = entry;
    }
    table_[i] = 0.5 * (low + high) - radius;
  }
}

double Parallax::displacement(double sine, double attenuation, double thickness) {
  const double cosine = std::sqrt(std::max(0.0, 1 - sine * sine));
  const double depth = attenuation * thickness / cosine;
  if (thickness <= 0 || cosine == 0 || depth > 700) return sine / attenuation;
  const double absorbed = -std::expm1(-depth);
  return sine / attenuation * (absorbed - depth * std::exp(-depth)) / absorbed;
}

double Parallax::correction(double sine) const {
  const double place = std::clamp(sine, 0.0, 1.0) * static_cast<double>(table_.size() - 1);
  const std::size_t before = std::min(static_cast<std::size_t>(place), table_.size() - 2);
  const double part = place - static_cast<double>(before);
  return table_[before] + part * (table_[before + 1] - table_[before]);
}

}  // namespace annulus
