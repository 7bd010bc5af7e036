// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <numbers>
#include <optional>
#include <span>
#include <string_view>

namespace annulus {

// Native units everywhere: metres, seconds, radians, electronvolts, inverse nanometres.

inline constexpr double pi = std::numbers::pi;
inline constexpr double rad_per_deg = pi / 180.0;
inline constexpr double deg_per_rad = 180.0 / pi;
/// h c / e [eV m] (CODATA 2018, exact constants): energy [eV] = hc_ev_m / wavelength [m].
inline constexpr double hc_ev_m = 1.239841984332002e-6;

/// Coordinate of a pattern, named as pyFAI names it.
enum class RadialUnit : std::uint8_t {
  q_nm,
  q_A,
  tth_deg,
  tth_rad,
  r_mm,
  r_m,
  d_m,
  d_nm,
  d_A,
  d2_nm,  ///< 1 / d^2
  d2_A,
  log10_q_m,
  log_q_nm,
  log1p_q_nm,  ///< ln(1 + q)
  log1p_q_A,
  asinh_q_nm,
  asinh_q_A,
  qx_nm,  ///< 4 pi / wavelength sin(atan2(x, z) / 2), as pyFAI has it
  qy_nm,
  chi_deg,
  chi_rad,
  // Of a sample under grazing incidence, or a fibre: see SamplePose.
  scattering_angle_vert,
  scattering_angle_horz,
  exit_angle_vert_rad,
  exit_angle_horz_rad,
  exit_angle_vert_deg,
  exit_angle_horz_deg,
  qxgi_nm,  ///< horizontal, across the beam
  qygi_nm,  ///< along the normal of the sample
  qzgi_nm,  ///< along the beam
  qip_nm,   ///< in the plane of the sample
  qoop_nm,  ///< out of that plane
  qtot_nm,
  qxgi_A,
  qygi_A,
  qzgi_A,
  qip_A,
  qoop_A,
  qtot_A,
  chigi_deg,  ///< from the normal of the sample
  chigi_rad,
};

/// What there is to say about a radial unit.
struct RadialUnitInfo {
  RadialUnit unit;
  std::string_view name;      ///< "q_nm^-1": the spelling of configs and command lines
  std::string_view quantity;  ///< "q", "2theta", "r": NXazint1d's long_name
  std::string_view symbol;    ///< "1/nm", "degrees": for files and axes; empty for numbers without a unit
  double scale;               ///< output value = native value [nm^-1, rad, m] x scale
  bool needs_wavelength;
  bool may_be_negative;
  bool of_sample;     ///< depends on the SamplePose
  double period = 0;  ///< of an azimuth, in this unit; 0 for what does not come round
};

/// How a sample under grazing incidence, or a fibre, lies in the beam.
struct SamplePose {
  double incident_angle = 0;   ///< between the beam and the surface [rad]
  double tilt_angle = 0;       ///< of the surface about the beam [rad]
  int sample_orientation = 1;  ///< 1 to 8: how the image is turned or mirrored, as EXIF numbers it
  friend bool operator==(const SamplePose&, const SamplePose&) = default;
};

[[nodiscard]] const RadialUnitInfo& info(RadialUnit unit) noexcept;
[[nodiscard]] std::span<const RadialUnitInfo> all_radial_units() noexcept;
[[nodiscard]] std::optional<RadialUnit> parse_radial_unit(std::string_view name) noexcept;
/// Everything made of q does; angles and lengths do not.
[[nodiscard]] bool needs_wavelength(RadialUnit unit) noexcept;

}  // namespace annulus
