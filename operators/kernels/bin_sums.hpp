// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "operators/data/numbers.hpp"

namespace annulus {

/// What an image adds up to in every bin. With c the part of a pixel in the bin, n its normalization, s = counts - dark
/// and var its variance: signal = sum c s, variance = sum c^2 var, normalization = sum c n, normalization_squared =
/// sum (c n)^2, count = sum c.
struct BinSums {
  Numbers signal;
  Numbers variance;  ///< empty without an error model
  Numbers normalization;
  Numbers normalization_squared;
  Numbers count;  ///< exactly 0 where no pixel contributes
  Numbers cross;  ///< of Pattern; empty but for the azimuthal model
};

}  // namespace annulus
