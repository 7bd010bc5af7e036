// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>

#include "operators/data/units.hpp"

#include "detectors/geometry/arctangent.hpp"
#include "detectors/geometry/geometry.hpp"

namespace annulus {

/// Directions and scattering vectors as a sample under grazing incidence, or a fibre, has them (pyFAI, units.py: the
/// fiber units): x horizontal, y along the normal of the surface, z along the beam.
class SampleFrame final {
 public:
  /// `wavenumber` is 2 pi / wavelength [1/nm].
  SampleFrame(const SamplePose& pose, double wavenumber)
      : orientation_(pose.sample_orientation),
        wavenumber_(wavenumber),
        cos_incident_(std::cos(pose.incident_angle)),
        sin_incident_(std::sin(pose.incident_angle)),
        cos_tilt_(std::cos(pose.tilt_angle)),
        sin_tilt_(std::sin(pose.tilt_angle)) {}

  /// `p` after the orientation of the image.
  [[nodiscard]] LabPoint seen(const LabPoint& p) const {
    switch (orientation_) {
      case 2: return {p.y, -p.x, p.z};
      case 3: return {-p.y, -p.x, p.z};
      case 4: return {-p.y, p.x, p.z};
      case 5: return {-p.x, -p.y, p.z};
      case 6: return {p.x, -p.y, p.z};
      case 7: return {p.x, p.y, p.z};
      case 8: return {-p.x, p.y, p.z};
      default: return p;
    }
  }

  /// `p` [m] in the frame of the sample.
  [[nodiscard]] LabPoint turned(const LabPoint& p) const { return rotated(seen(p), sin_incident_, sin_tilt_); }

  /// The scattering vector towards `p` [1/nm] in the frame of the sample. Both angles turn it the other way round than
  /// positions, as in pyFAI.
  [[nodiscard]] LabPoint scattering_vector(const LabPoint& p) const {
    const LabPoint s = seen(p);
    const double r2 = s.x * s.x + s.y * s.y;
    const double length = std::sqrt(r2 + s.z * s.z);
    const double scale = length > 0 ? wavenumber_ / length : 0;
    // z - |p|, without its cancellation along the beam.
    const double along = s.z > 0 ? -r2 / (length + s.z) : s.z - length;
    return rotated({scale * s.y, scale * s.x, scale * along}, -sin_incident_, -sin_tilt_);
  }

 private:
  /// Turned about the horizontal axis, then about the beam.
  [[nodiscard]] LabPoint rotated(const LabPoint& p, double sin_incident, double sin_tilt) const {
    const double y = cos_incident_ * p.y + sin_incident * p.z;
    return {sin_tilt * p.x + cos_tilt_ * y, cos_tilt_ * p.x - sin_tilt * y, cos_incident_ * p.z - sin_incident * p.y};
  }

  int orientation_;
  double wavenumber_;
  double cos_incident_, sin_incident_;
  double cos_tilt_, sin_tilt_;
};

/// Angle of `p` above the horizontal plane [rad].
[[nodiscard]] inline double elevation(const LabPoint& p) { return arctangent(p.y, std::sqrt(p.x * p.x + p.z * p.z)); }

/// Angle of `p` from the beam in the horizontal plane [rad].
[[nodiscard]] inline double bearing(const LabPoint& p) { return arctangent(p.x, p.z); }

/// Length of `q` in the plane of the sample, with the sign of its horizontal part.
[[nodiscard]] inline double in_plane(const LabPoint& q) {
  const double length = std::sqrt(q.x * q.x + q.z * q.z);
  return q.x > 0 ? length : -length;
}

}  // namespace annulus
