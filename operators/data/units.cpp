// SPDX-License-Identifier: BSD-3-Clause
#include "operators/data/units.hpp"

#include <array>

namespace annulus {
namespace {

constexpr std::array<RadialUnitInfo, 5> table{{{RadialUnit::q_nm, "q_nm^-1", "q", "1/nm", 1.0},
                                               {RadialUnit::q_A, "q_A^-1", "q", "1/angstrom", 0.1},
                                               {RadialUnit::tth_deg, "2th_deg", "2theta", "degrees", deg_per_rad},
                                               {RadialUnit::tth_rad, "2th_rad", "2theta", "rad", 1.0},
                                               {RadialUnit::r_mm, "r_mm", "r", "mm", 1000.0}}};

}  // namespace

const RadialUnitInfo& info(RadialUnit unit) noexcept { return table[static_cast<std::size_t>(unit)]; }

std::span<const RadialUnitInfo> all_radial_units() noexcept { return table; }

std::optional<RadialUnit> parse_radial_unit(std::string_view name) noexcept {
  for (const RadialUnitInfo& row : table) {
    if (row.name == name) return row.unit;
  }
  return std::nullopt;
}

bool needs_wavelength(RadialUnit unit) noexcept { return unit == RadialUnit::q_nm || unit == RadialUnit::q_A; }

}  // namespace annulus
