// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>

#include "operators/data/units.hpp"

namespace annulus {

/// atan2(y, x) without branches, so that loops over it are vectorized; within 2 units in the last place of the exact
/// value; an x of -0 counts as 0. Rational approximation and reduction of the argument: S. L. Moshier, Cephes Math
/// Library 2.8, atan.c.
[[nodiscard]] inline double arctangent(double y, double x) noexcept {
  constexpr double pi_rest = 1.2246467991473532e-16;  // what a double of pi lacks
  const double ax = std::abs(x), ay = std::abs(y);
  const double small = ax < ay ? ax : ay;
  const double large = ax < ay ? ay : ax;
  // tan(u) = small / large is at most 1; beyond 0.66, u = pi/4 + atan((t - 1) / (t + 1)).
  const bool beyond = small > 0.66 * large;
  const double numerator = beyond ? small - large : small;
  const double denominator = beyond ? small + large : large;
  const double t = numerator / (denominator > 0 ? denominator : 1);
  const double z = t * t;
  const double p =
      (((-8.750608600031904122785e-1 * z - 1.615753718733365076637e1) * z - 7.500855792314704667340e1) * z -
       1.228866684490136173410e2) *
          z -
      6.485021904942025371773e1;
  const double q =
      ((((z + 2.485846490142306297962e1) * z + 1.650270098316988542046e2) * z + 4.328810604912902668951e2) * z +
       4.853903996359136964868e2) *
          z +
      1.945506571482613964425e2;
  double angle = t + t * (z * p / q) + (beyond ? 0.25 * pi_rest : 0);
  angle += beyond ? 0.25 * pi : 0;
  angle = ax < ay ? 0.5 * pi - (angle - 0.5 * pi_rest) : angle;
  angle = x < 0 ? pi - (angle - pi_rest) : angle;
  return std::copysign(angle, y);
}

}  // namespace annulus
