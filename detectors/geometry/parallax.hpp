// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

namespace annulus {

/// A ray that meets a sensor at an angle is detected, on average, some way behind its surface, and so farther from the
/// PONI than it came in. Both as in pyFAI's parallax.py, which tabulates what is exact here to 1e-5 of the effect.
class Parallax final {
 public:
  /// `attenuation` [1/m], `thickness` of the sensor [m], 0 when nothing passes; `distance` from the sample to the plane
  /// of the detector [m].
  Parallax(double attenuation, double thickness, double distance);

  /// How much farther out [m] than where it enters a ray is detected that has this sine of the angle with the normal.
  [[nodiscard]] static double displacement(double sine, double attenuation, double thickness);

  /// What to add to the distance from the PONI [m] of a pixel that is seen from the sample under an angle of this sine,
  /// to have where the rays it detects come in: 0 or less.
  [[nodiscard]] double correction(double sine) const;

 private:
  std::vector<double> table_;  ///< of evenly spaced sines, 0 to 1
};

}  // namespace annulus
