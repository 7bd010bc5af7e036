// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/powder/calibrant.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <set>

#include <fmt/format.h>

#include "operators/data/error.hpp"
#include "operators/data/text.hpp"
#include "operators/data/units.hpp"

namespace annulus {
namespace {

/// Damping of |F|^2 with 1/d^2 [m^2]: about 2 x 2 square angstrom, typical of heavy atoms and their motion together.
constexpr double damping = 4e-20;

/// `base` repeated at the four points of a face-centred lattice.
void add_face_centred(std::vector<Atom>& atoms, const Atom& base) {
  constexpr std::array<std::array<double, 3>, 4> points{{{0, 0, 0}, {0, .5, .5}, {.5, 0, .5}, {.5, .5, 0}}};
  for (const auto& [x, y, z] : points) atoms.push_back({base.x + x, base.y + y, base.z + z, base.electrons});
}

std::vector<Atom> fluorite(double metal, double anion) {
  std::vector<Atom> atoms;
  add_face_centred(atoms, {0, 0, 0, metal});
  add_face_centred(atoms, {.25, .25, .25, anion});
  add_face_centred(atoms, {.75, .75, .75, anion});
  return atoms;
}

std::vector<Atom> diamond(double electrons) {
  std::vector<Atom> atoms;
  add_face_centred(atoms, {0, 0, 0, electrons});
  add_face_centred(atoms, {.25, .25, .25, electrons});
  return atoms;
}

std::vector<Atom> hexaboride(double metal) {
  constexpr double u = 0.1996;  // of boron along the edge
  return {{0, 0, 0, metal},   {u, .5, .5, 5}, {1 - u, .5, .5, 5}, {.5, u, .5, 5},
          {.5, 1 - u, .5, 5}, {.5, .5, u, 5}, {.5, .5, 1 - u, 5}};
}

double structure_factor_squared(const Calibrant& calibrant, int h, int k, int l) {
  std::complex<double> sum = 0;
  for (const Atom& atom : calibrant.atoms) {
    sum += std::polar(atom.electrons, 2 * pi * (h * atom.x + k * atom.y + l * atom.z));
  }
  return std::norm(sum);
}

/// Number of planes that permutation and signs make of h, k, l.
int multiplicity_of(int h, int k, int l) {
  std::array<int, 3> indices{h, k, l};
  std::ranges::sort(indices);
  int permutations = 0;
  do {
    ++permutations;
  } while (std::ranges::next_permutation(indices).found);
  const auto non_zero = 3 - std::ranges::count(indices, 0);
  return permutations << non_zero;
}

}  // namespace

Calibrant find_calibrant(std::string_view name) {
  constexpr std::array<std::string_view, 3> names{"CeO2", "LaB6", "Si"};
  if (name == names[0]) return {names[0], 5.41165e-10, fluorite(58, 8)};
  if (name == names[1]) return {names[1], 4.156826e-10, hexaboride(57)};
  if (name == names[2]) return {names[2], 5.43123e-10, diamond(14)};
  throw ConfigError(fmt::format("'{}' is not a calibrant.{}", name, suggest(name, names)));
}

std::vector<Reflection> reflections(const Calibrant& calibrant, double smallest) {
  const double limit = calibrant.lattice / smallest;  // h^2 + k^2 + l^2 <= limit^2
  std::vector<Reflection> list;
  for (int h = 1; h <= limit; ++h) {
    for (int k = 0; k <= h; ++k) {
      for (int l = 0; l <= k; ++l) {
        const double order = std::sqrt(h * h + k * k + l * l);
        const double squared = structure_factor_squared(calibrant, h, k, l);
        if (order > limit || squared < 1e-6) continue;
        const int multiplicity = multiplicity_of(h, k, l);
        const double spacing = calibrant.lattice / order;
        list.push_back(
            {h, k, l, multiplicity, spacing, multiplicity * squared * std::exp(-damping / (4 * spacing * spacing))});
      }
    }
  }
  std::ranges::stable_sort(list, std::greater{}, &Reflection::spacing);
  double strongest = 0;
  for (const Reflection& r : list) strongest = std::max(strongest, r.strength);
  for (Reflection& r : list) r.strength /= strongest;
  return list;
}

}  // namespace annulus
