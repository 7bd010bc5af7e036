// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <span>

#include "operators/data/units.hpp"

#include "detectors/geometry/geometry.hpp"

namespace annulus {

/// A coordinate of many points at once, after pyFAI's units.py, by algebra where the definition has angles: the sine of
/// theta from z and |p|, and so on. Agrees with the definitions to a few units in the last place. May be used by
/// several threads at once.
class RadialCoordinate final {
 public:
  /// Throws ConfigError when `unit` needs a wavelength [m] and there is none, or the orientation of `sample` is not 1
  /// to 8.
  RadialCoordinate(RadialUnit unit, std::optional<double> wavelength, const SamplePose& sample = {});

  /// The coordinates of `points`, in the native unit (what info(unit).scale turns into `unit`); `out` has as many
  /// elements. In the beam, spacings are infinite and logarithms of q are -infinite.
  void operator()(std::span<const LabPoint> points, std::span<double> out) const;

 private:
  void of_sample(std::span<const LabPoint> points, std::span<double> out) const;

  RadialUnit unit_;
  double q_scale_;  ///< 4 pi / wavelength [1/nm]; 4 pi without one
  SamplePose sample_;
};

/// The azimuths of `points` [rad], -pi to pi: 0 along x, pi/2 along y; `out` has as many elements.
void azimuths(std::span<const LabPoint> points, std::span<double> out);

/// The fractions of the scattered beam that polarization leaves in the directions of `points`:
/// (1 + cos^2 2theta - f cos(2 (azimuth + offset)) sin^2 2theta) / 2, with f = (I_horizontal - I_vertical) / (sum of
/// both) and the offset [rad] of the axis of polarization; `out` has as many elements.
void polarization_factors(std::span<const LabPoint> points, double f, double offset, std::span<double> out);

}  // namespace annulus
