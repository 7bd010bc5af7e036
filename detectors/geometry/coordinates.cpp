// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/geometry/coordinates.hpp"

#include <cmath>

#include <fmt/format.h>

#include "operators/data/error.hpp"

#include "detectors/geometry/arctangent.hpp"

namespace annulus {
namespace {

double radius(const LabPoint& p) { return std::sqrt(p.x * p.x + p.y * p.y); }

/// sin(2theta / 2), without the cancellation of 1 - cos(2theta) at small angles, and of 1 + cos(2theta) at large ones.
double sin_theta(const LabPoint& p) {
  const double r2 = p.x * p.x + p.y * p.y;
  const double length = std::sqrt(r2 + p.z * p.z);
  const double sum = length + std::abs(p.z);
  const double square = (p.z < 0 ? sum * sum : r2) / (2 * length * sum);
  return length > 0 ? std::sqrt(square) : 0;
}

/// out[i] = f(points[i]): through pointers, which the compiler vectorizes.
template <class F>
void for_each_point(std::span<const LabPoint> points, std::span<double> out, const F& f) {
  const LabPoint* const from = points.data();
  double* const to = out.first(points.size()).data();
  for (std::size_t i = 0; i < points.size(); ++i) to[i] = f(from[i]);
}

}  // namespace

RadialCoordinate::RadialCoordinate(RadialUnit unit, std::optional<double> wavelength)
    : unit_(unit), q_scale_(wavelength ? 4e-9 * pi / *wavelength : 0) {
  if (!wavelength && needs_wavelength(unit)) {
    throw ConfigError(
        fmt::format("the unit {} needs a wavelength (the geometry has none) add it to the poni file", info(unit).name));
  }
}

void RadialCoordinate::operator()(std::span<const LabPoint> points, std::span<double> out) const {
  switch (unit_) {
    case RadialUnit::q_nm:
    case RadialUnit::q_A:
      return for_each_point(points, out, [s = q_scale_](const LabPoint& p) { return s * sin_theta(p); });
    case RadialUnit::tth_deg:
    case RadialUnit::tth_rad:
      return for_each_point(points, out, [](const LabPoint& p) { return arctangent(radius(p), p.z); });
    case RadialUnit::r_mm: return for_each_point(points, out, radius);
  }
}

void azimuths(std::span<const LabPoint> points, std::span<double> out) {
  for_each_point(points, out, [](const LabPoint& p) { return arctangent(p.y, p.x); });
}

void polarization_factors(std::span<const LabPoint> points, double f, double offset, std::span<double> out) {
  const double cosine = f * std::cos(2 * offset), sine = f * std::sin(2 * offset);
  for_each_point(points, out, [=](const LabPoint& p) {
    const double x2 = p.x * p.x, y2 = p.y * p.y, z2 = p.z * p.z;
    const double length2 = x2 + y2 + z2;
    // cos(2 azimuth) sin^2(2theta) = (x^2 - y^2) / |p|^2, sin(2 azimuth) sin^2(2theta) = 2 x y / |p|^2
    const double turned = cosine * (x2 - y2) - sine * (2 * p.x * p.y);
    return 0.5 * (1 + (z2 - turned) / (length2 > 0 ? length2 : 1));
  });
}

}  // namespace annulus
