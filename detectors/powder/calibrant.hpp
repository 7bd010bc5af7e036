// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string_view>
#include <vector>

namespace annulus {

/// One family of lattice planes of a powder.
struct Reflection {
  int h = 0;
  int k = 0;
  int l = 0;
  int multiplicity = 0;  ///< number of equivalent planes
  double spacing = 0;    ///< d [m]
  double strength = 0;   ///< multiplicity x |F|^2, relative to the strongest reflection of the list
};

/// Position and kind of an atom in the cubic unit cell.
struct Atom {
  double x = 0;  ///< fraction of the cell's edge
  double y = 0;
  double z = 0;
  double electrons = 0;
};

/// A cubic reference powder.
struct Calibrant {
  std::string_view name;
  double lattice = 0;  ///< edge of the unit cell at 22.5 C [m]
  std::vector<Atom> atoms;
};

/// "CeO2", "LaB6" or "Si", with the certified lattice parameters of NIST's standard reference materials 674b, 660c and
/// 640d. Throws ConfigError with a suggestion for other names.
[[nodiscard]] Calibrant find_calibrant(std::string_view name);

/// The reflections with a spacing of at least `smallest` [m], widest first. Forbidden ones are left out. |F|^2 is that
/// of point-like electrons damped by exp(-b / (4 d^2)) for the size and the thermal motion of the atoms.
[[nodiscard]] std::vector<Reflection> reflections(const Calibrant& calibrant, double smallest);

}  // namespace annulus
