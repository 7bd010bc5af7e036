// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/geometry/coordinates.hpp"

#include <cmath>

#include <fmt/format.h>

#include "operators/data/error.hpp"

#include "detectors/geometry/arctangent.hpp"
#include "detectors/geometry/sample_frame.hpp"

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

RadialCoordinate::RadialCoordinate(RadialUnit unit, std::optional<double> wavelength, const SamplePose& sample)
    : unit_(unit), q_scale_(4e-9 * pi / wavelength.value_or(1e-9)), sample_(sample) {
  if (!wavelength && needs_wavelength(unit)) {
    throw ConfigError(
        fmt::format("the unit {} needs a wavelength (the geometry has none) add it to the poni file", info(unit).name));
  }
  if (sample.sample_orientation < 1 || sample.sample_orientation > 8) {
    throw ConfigError(fmt::format("sample_orientation is {} (it must be 1 to 8, as EXIF numbers orientations)",
                                  sample.sample_orientation));
  }
}

void RadialCoordinate::operator()(std::span<const LabPoint> points, std::span<double> out) const {
  const auto each = [&](const auto& f) { for_each_point(points, out, f); };
  const double s = q_scale_;  // [1/nm]
  switch (unit_) {
    case RadialUnit::q_nm:
    case RadialUnit::q_A:
    case RadialUnit::qtot_nm:
    case RadialUnit::qtot_A: return each([s](const LabPoint& p) { return s * sin_theta(p); });
    case RadialUnit::tth_deg:
    case RadialUnit::tth_rad: return each([](const LabPoint& p) { return arctangent(radius(p), p.z); });
    case RadialUnit::r_mm:
    case RadialUnit::r_m: return each(radius);
    case RadialUnit::d_m:
    case RadialUnit::d_nm:
    case RadialUnit::d_A: return each([s](const LabPoint& p) { return 2e-9 * pi / (s * sin_theta(p)); });
    case RadialUnit::d2_nm:
    case RadialUnit::d2_A:
      return each([s](const LabPoint& p) {
        const double reciprocal = s / (2 * pi) * sin_theta(p);
        return reciprocal * reciprocal;
      });
    case RadialUnit::log10_q_m: return each([s](const LabPoint& p) { return std::log10(1e9 * s * sin_theta(p)); });
    case RadialUnit::log_q_nm: return each([s](const LabPoint& p) { return std::log(s * sin_theta(p)); });
    case RadialUnit::log1p_q_nm: return each([s](const LabPoint& p) { return std::log1p(s * sin_theta(p)); });
    case RadialUnit::log1p_q_A: return each([s](const LabPoint& p) { return std::log1p(0.1 * s * sin_theta(p)); });
    case RadialUnit::asinh_q_nm: return each([s](const LabPoint& p) { return std::asinh(s * sin_theta(p)); });
    case RadialUnit::asinh_q_A: return each([s](const LabPoint& p) { return std::asinh(0.1 * s * sin_theta(p)); });
    case RadialUnit::qx_nm:
      return each([s](const LabPoint& p) { return std::copysign(s * sin_theta({0, p.x, p.z}), p.x); });
    case RadialUnit::qy_nm:
      return each([s](const LabPoint& p) { return std::copysign(s * sin_theta({p.y, 0, p.z}), p.y); });
    case RadialUnit::chi_deg:
    case RadialUnit::chi_rad: return azimuths(points, out);
    default: return of_sample(points, out);
  }
}

void RadialCoordinate::of_sample(std::span<const LabPoint> points, std::span<double> out) const {
  const SampleFrame frame(sample_, 0.5 * q_scale_);
  const auto each = [&](const auto& f) { for_each_point(points, out, f); };
  switch (unit_) {
    case RadialUnit::scattering_angle_vert: return each([&](const LabPoint& p) { return elevation(frame.seen(p)); });
    case RadialUnit::scattering_angle_horz: return each([&](const LabPoint& p) { return bearing(frame.seen(p)); });
    case RadialUnit::exit_angle_vert_rad:
    case RadialUnit::exit_angle_vert_deg: return each([&](const LabPoint& p) { return elevation(frame.turned(p)); });
    case RadialUnit::exit_angle_horz_rad:
    case RadialUnit::exit_angle_horz_deg: return each([&](const LabPoint& p) { return bearing(frame.turned(p)); });
    case RadialUnit::qxgi_nm:
    case RadialUnit::qxgi_A: return each([&](const LabPoint& p) { return frame.scattering_vector(p).x; });
    case RadialUnit::qygi_nm:
    case RadialUnit::qygi_A:
    case RadialUnit::qoop_nm:
    case RadialUnit::qoop_A: return each([&](const LabPoint& p) { return frame.scattering_vector(p).y; });
    case RadialUnit::qzgi_nm:
    case RadialUnit::qzgi_A: return each([&](const LabPoint& p) { return frame.scattering_vector(p).z; });
    case RadialUnit::qip_nm:
    case RadialUnit::qip_A: return each([&](const LabPoint& p) { return in_plane(frame.scattering_vector(p)); });
    default:  // chi of the sample
      return each([&](const LabPoint& p) {
        const LabPoint q = frame.scattering_vector(p);
        return arctangent(in_plane(q), q.y);
      });
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
