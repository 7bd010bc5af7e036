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

/// Radial coordinate of a pattern, named as pyFAI names it.
enum class RadialUnit : std::uint8_t { q_nm, q_A, tth_deg, tth_rad, r_mm };

/// What there is to say about a radial unit.
struct RadialUnitInfo {
  RadialUnit unit;
  std::string_view name;      ///< "q_nm^-1": the spelling of configs and command lines
  std::string_view quantity;  ///< "q", "2theta", "r": NXazint1d's long_name
  std::string_view symbol;    ///< "1/nm", "degrees": for files and axes
  double scale;               ///< output value = internal value [nm^-1, rad, m] x scale
};

[[nodiscard]] const RadialUnitInfo& info(RadialUnit unit) noexcept;
[[nodiscard]] std::span<const RadialUnitInfo> all_radial_units() noexcept;
[[nodiscard]] std::optional<RadialUnit> parse_radial_unit(std::string_view name) noexcept;
/// q needs a wavelength; angles and lengths do not.
[[nodiscard]] bool needs_wavelength(RadialUnit unit) noexcept;

}  // namespace annulus
