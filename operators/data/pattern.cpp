// SPDX-License-Identifier: BSD-3-Clause
#include "operators/data/pattern.hpp"

namespace annulus {

RadialAxis RadialAxis::uniform(RadialUnit unit, double lo, double hi, std::size_t bins) {
  RadialAxis axis{unit, std::vector<double>(bins + 1), std::vector<double>(bins)};
  const double width = (hi - lo) / static_cast<double>(bins);
  for (std::size_t i = 0; i <= bins; ++i) axis.edges[i] = lo + width * static_cast<double>(i);
  axis.edges[bins] = hi;
  for (std::size_t i = 0; i < bins; ++i) axis.centres[i] = lo + width * (static_cast<double>(i) + 0.5);
  return axis;
}

}  // namespace annulus
