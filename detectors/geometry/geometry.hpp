// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cmath>
#include <optional>

#include "operators/data/units.hpp"

#include "detectors/geometry/poni.hpp"

namespace annulus {

/// A position in the laboratory [m]: y up, x horizontal (towards the centre of the storage ring), z along the beam.
struct LabPoint {
  double y = 0;
  double x = 0;
  double z = 0;
};

/// Angle between the beam and the direction of `p` [rad], 0 to pi.
[[nodiscard]] inline double two_theta(const LabPoint& p) { return std::atan2(std::hypot(p.y, p.x), p.z); }

/// Azimuth of `p` around the beam [rad], -pi to pi, 0 along x and pi/2 along y.
[[nodiscard]] inline double azimuth(const LabPoint& p) { return std::atan2(p.y, p.x); }

/// Fraction of the scattered beam that polarization leaves in the direction (2theta, azimuth) [rad]:
/// (1 + cos^2 2theta - f cos(2 azimuth) sin^2 2theta) / 2, with f = (I_horizontal - I_vertical) / (sum of both).
[[nodiscard]] double polarization_factor(double tth, double chi, double f);

/// Where the points of a flat detector are in the laboratory, after pyFAI's definition of the PONI geometry: the point
/// (i, j) is i pixels along the rows and j along the columns from the corner where the PONI is counted from, which is
/// the first of the image for orientation 3. PixelPositions knows the other orientations, and other detectors.
class Geometry final {
 public:
  /// Throws ConfigError when a number of `poni` cannot describe an experiment (see parse_poni).
  explicit Geometry(const Poni& poni);

  /// Laboratory position of the point `row`, `col` of the detector [pixels]; the centre of the first pixel is 0.5, 0.5.
  [[nodiscard]] LabPoint position(double row, double col) const {
    return in_laboratory(row * pixel1_ - poni1_, col * pixel2_ - poni2_, distance_);
  }

  /// Laboratory position of a point seen from the sample along the axes of the detector: the rows, the columns, and the
  /// normal [m].
  [[nodiscard]] LabPoint in_laboratory(double p1, double p2, double p3) const {
    const auto along = [&](const std::array<double, 3>& r) { return r[0] * p1 + r[1] * p2 + r[2] * p3; };
    return {along(rotation_[0]), along(rotation_[1]), along(rotation_[2])};
  }

  /// From the sample to the PONI [m].
  [[nodiscard]] double distance() const noexcept { return distance_; }

  /// Coordinate of `p` in `unit`. Throws ConfigError when it needs a wavelength
  /// and there is none: is_defined() tells.
  [[nodiscard]] double radial(RadialUnit unit, const LabPoint& p, const SamplePose& sample = {}) const;

  /// Whether the coordinate can be computed: q needs the wavelength.
  [[nodiscard]] bool is_defined(RadialUnit unit) const noexcept { return !needs_wavelength(unit) || wavelength_; }

  /// Cosine of the angle between the ray to the point `row`, `col` [pixels] and the detector's normal.
  [[nodiscard]] double cos_incidence(double row, double col) const {
    return distance_ / std::hypot(distance_, row * pixel1_ - poni1_, col * pixel2_ - poni2_);
  }

  /// Solid angle of the pixel around `row`, `col` [pixels], relative to a pixel at the PONI: cos^3 of the incidence.
  [[nodiscard]] double solid_angle(double row, double col) const {
    const double c = cos_incidence(row, col);
    return c * c * c;
  }

 private:
  double pixel1_;
  double pixel2_;
  double distance_;
  double poni1_;
  double poni2_;
  std::optional<double> wavelength_;
  std::array<std::array<double, 3>, 3> rotation_;
};

}  // namespace annulus
