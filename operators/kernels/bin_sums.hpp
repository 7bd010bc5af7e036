// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

namespace annulus {

/// What an image adds up to in every bin. With c the part of a pixel in the bin, n its normalization, s = counts - dark
/// and var its variance: signal = sum c s, variance = sum c^2 var, normalization = sum c n, normalization_squared =
/// sum (c n)^2, count = sum c.
struct BinSums {
  std::vector<double> signal;
  std::vector<double> variance;  ///< empty without an error model
  std::vector<double> normalization;
  std::vector<double> normalization_squared;
  std::vector<double> count;  ///< exactly 0 where no pixel contributes
  std::vector<double> cross;  ///< of Pattern; empty but for the azimuthal model
};

}  // namespace annulus
