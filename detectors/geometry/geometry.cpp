// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/geometry/geometry.hpp"

#include <span>

#include "detectors/geometry/coordinates.hpp"

namespace annulus {
namespace {

using Matrix = std::array<std::array<double, 3>, 3>;

/// R3 R2 R1: rot1 and rot2 are left-handed about the vertical and the horizontal axis, rot3 right-handed about the
/// beam. Where the convention flips twice, the axes of the laboratory are turned back.
Matrix rotation_of(const Poni& poni) {
  const double c1 = std::cos(poni.rot1), s1 = std::sin(poni.rot1);
  const double c2 = std::cos(poni.rot2), s2 = std::sin(poni.rot2);
  const double c3 = std::cos(poni.rot3), s3 = std::sin(poni.rot3);
  Matrix m{{{c2 * c3, c3 * s1 * s2 - c1 * s3, -(c1 * c3 * s2 + s1 * s3)},
            {c2 * s3, c1 * c3 + s1 * s2 * s3, c3 * s1 - c1 * s2 * s3},
            {s2, -c2 * s1, c1 * c2}}};
  if (poni.convention == OrientationConvention::single_flip) return m;
  const Orientation o = poni.detector.orientation;
  if (o == Orientation::top_left || o == Orientation::top_right) m[0] = {-m[0][0], -m[0][1], -m[0][2]};
  if (o == Orientation::top_left || o == Orientation::bottom_left) m[1] = {-m[1][0], -m[1][1], -m[1][2]};
  return m;
}

}  // namespace

double polarization_factor(double tth, double chi, double f) {
  const double cos_tth = std::cos(tth);
  const double cos2 = cos_tth * cos_tth;
  return 0.5 * (1 + cos2 - f * std::cos(2 * chi) * (1 - cos2));
}

Geometry::Geometry(const Poni& poni)
    : pixel1_(poni.detector.pixel1),
      pixel2_(poni.detector.pixel2),
      distance_(poni.distance),
      poni1_(poni.poni1),
      poni2_(poni.poni2),
      wavelength_(poni.wavelength),
      rotation_(rotation_of(poni)) {
  require_valid(poni);
}

double Geometry::radial(RadialUnit unit, const LabPoint& p, const SamplePose& sample) const {
  double native = 0;
  RadialCoordinate(unit, wavelength_, sample)(std::span(&p, 1), std::span(&native, 1));
  return native * info(unit).scale;
}

}  // namespace annulus
