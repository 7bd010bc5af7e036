// SPDX-License-Identifier: BSD-3-Clause
#include "operators/data/units.hpp"

#include <array>

namespace annulus {
namespace {

// In the order of the enumeration.
constexpr auto table = std::to_array<RadialUnitInfo>({
    {RadialUnit::q_nm, "q_nm^-1", "q", "1/nm", 1.0, true, false, false},
    {RadialUnit::q_A, "q_A^-1", "q", "1/angstrom", 0.1, true, false, false},
    {RadialUnit::tth_deg, "2th_deg", "2theta", "degrees", deg_per_rad, false, false, false},
    {RadialUnit::tth_rad, "2th_rad", "2theta", "rad", 1.0, false, false, false},
    {RadialUnit::r_mm, "r_mm", "r", "mm", 1000.0, false, false, false},
    {RadialUnit::r_m, "r_m", "r", "m", 1.0, false, false, false},
    {RadialUnit::d_m, "d_m", "d", "m", 1.0, true, false, false},
    {RadialUnit::d_nm, "d_nm", "d", "nm", 1e9, true, false, false},
    {RadialUnit::d_A, "d_A", "d", "angstrom", 1e10, true, false, false},
    {RadialUnit::d2_nm, "d*2_nm^-2", "d^-2", "1/nm^2", 1.0, true, false, false},
    {RadialUnit::d2_A, "d*2_A^-2", "d^-2", "1/angstrom^2", 0.01, true, false, false},
    {RadialUnit::log10_q_m, "log10(q.m)_None", "log10(q m)", "", 1.0, true, true, false},
    {RadialUnit::log_q_nm, "log(q.nm)_None", "ln(q nm)", "", 1.0, true, true, false},
    {RadialUnit::log1p_q_nm, "log(1+q.nm)_None", "ln(1 + q nm)", "", 1.0, true, false, false},
    {RadialUnit::log1p_q_A, "log(1+q.A)_None", "ln(1 + q angstrom)", "", 1.0, true, false, false},
    {RadialUnit::asinh_q_nm, "arcsinh(q.nm)_None", "arcsinh(q nm)", "", 1.0, true, false, false},
    {RadialUnit::asinh_q_A, "arcsinh(q.A)_None", "arcsinh(q angstrom)", "", 1.0, true, false, false},
    {RadialUnit::qx_nm, "qx_nm^-1", "qx", "1/nm", 1.0, true, true, false},
    {RadialUnit::qy_nm, "qy_nm^-1", "qy", "1/nm", 1.0, true, true, false},
    {RadialUnit::chi_deg, "chi_deg", "chi", "degrees", deg_per_rad, false, true, false, 360},
    {RadialUnit::chi_rad, "chi_rad", "chi", "rad", 1.0, false, true, false, 2 * pi},
    {RadialUnit::scattering_angle_vert, "scattering_angle_vert_rad", "vertical scattering angle", "rad", 1.0, false,
     true, true},
    {RadialUnit::scattering_angle_horz, "scattering_angle_horz_rad", "horizontal scattering angle", "rad", 1.0, false,
     true, true},
    {RadialUnit::exit_angle_vert_rad, "exit_angle_vert_rad", "vertical exit angle", "rad", 1.0, false, true, true},
    {RadialUnit::exit_angle_horz_rad, "exit_angle_horz_rad", "horizontal exit angle", "rad", 1.0, false, true, true},
    {RadialUnit::exit_angle_vert_deg, "exit_angle_vert_deg", "vertical exit angle", "degrees", deg_per_rad, false, true,
     true},
    {RadialUnit::exit_angle_horz_deg, "exit_angle_horz_deg", "horizontal exit angle", "degrees", deg_per_rad, false,
     true, true},
    {RadialUnit::qxgi_nm, "qxgi_nm^-1", "q horizontal", "1/nm", 1.0, true, true, true},
    {RadialUnit::qygi_nm, "qygi_nm^-1", "q vertical", "1/nm", 1.0, true, true, true},
    {RadialUnit::qzgi_nm, "qzgi_nm^-1", "q along the beam", "1/nm", 1.0, true, true, true},
    {RadialUnit::qip_nm, "qip_nm^-1", "q in plane", "1/nm", 1.0, true, true, true},
    {RadialUnit::qoop_nm, "qoop_nm^-1", "q out of plane", "1/nm", 1.0, true, true, true},
    {RadialUnit::qtot_nm, "qtot_nm^-1", "q", "1/nm", 1.0, true, false, true},
    {RadialUnit::qxgi_A, "qxgi_A^-1", "q horizontal", "1/angstrom", 0.1, true, true, true},
    {RadialUnit::qygi_A, "qygi_A^-1", "q vertical", "1/angstrom", 0.1, true, true, true},
    {RadialUnit::qzgi_A, "qzgi_A^-1", "q along the beam", "1/angstrom", 0.1, true, true, true},
    {RadialUnit::qip_A, "qip_A^-1", "q in plane", "1/angstrom", 0.1, true, true, true},
    {RadialUnit::qoop_A, "qoop_A^-1", "q out of plane", "1/angstrom", 0.1, true, true, true},
    {RadialUnit::qtot_A, "qtot_A^-1", "q", "1/angstrom", 0.1, true, false, true},
    {RadialUnit::chigi_deg, "chigi_deg", "chi of the sample", "degrees", deg_per_rad, false, true, true, 360},
    {RadialUnit::chigi_rad, "chigi_rad", "chi of the sample", "rad", 1.0, false, true, true, 2 * pi},
});

}  // namespace

const RadialUnitInfo& info(RadialUnit unit) noexcept { return table[static_cast<std::size_t>(unit)]; }

std::span<const RadialUnitInfo> all_radial_units() noexcept { return table; }

std::optional<RadialUnit> parse_radial_unit(std::string_view name) noexcept {
  for (const RadialUnitInfo& row : table) {
    if (row.name == name) return row.unit;
  }
  return std::nullopt;
}

bool needs_wavelength(RadialUnit unit) noexcept { return info(unit).needs_wavelength; }

}  // namespace annulus
