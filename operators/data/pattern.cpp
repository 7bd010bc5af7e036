// SPDX-License-Identifier: BSD-3-Clause
#include "operators/data/pattern.hpp"

#include <utility>

namespace annulus {
namespace {

std::vector<double> centres_of(const std::vector<double>& edges) {
  std::vector<double> centres(edges.size() - 1);
  for (std::size_t i = 0; i < centres.size(); ++i) centres[i] = (edges[i] + edges[i + 1]) / 2;
  return centres;
}

}  // namespace

RadialAxis RadialAxis::between(RadialUnit unit, std::vector<double> edges) {
  std::vector<double> centres = centres_of(edges);
  return {unit, std::move(edges), std::move(centres)};
}

AzimuthalAxis AzimuthalAxis::between(std::vector<double> edges) {
  std::vector<double> centres = centres_of(edges);
  return {std::move(edges), std::move(centres)};
}

RadialAxis RadialAxis::uniform(RadialUnit unit, double lo, double hi, std::size_t bins) {
  RadialAxis axis{unit, std::vector<double>(bins + 1), std::vector<double>(bins)};
  const double width = (hi - lo) / static_cast<double>(bins);
  for (std::size_t i = 0; i <= bins; ++i) axis.edges[i] = lo + width * static_cast<double>(i);
  axis.edges[bins] = hi;
  for (std::size_t i = 0; i < bins; ++i) axis.centres[i] = lo + width * (static_cast<double>(i) + 0.5);
  return axis;
}

}  // namespace annulus
