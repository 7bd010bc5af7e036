// SPDX-License-Identifier: BSD-3-Clause
// Exact areas against areas that are counted: many points in every pixel's polygon, each in one bin.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "detectors/geometry/coordinates.hpp"
#include "detectors/geometry/pixel_positions.hpp"
#include "operators/kernels/divider.hpp"
#include "operators/kernels/polygon.hpp"
#include "tests/operators/kernels/small_detector.hpp"

namespace annulus {
namespace {

using testing::small_options;
using testing::small_poni;

using Cells = std::map<std::size_t, double>;

/// Corners of a pixel in the plane of both coordinates [unit, degrees], rounded as Divider does, put side by side.
std::vector<Vertex> outline(const Poni& poni, const IntegrationOptions& options, std::size_t pixel) {
  const PixelPositions positions(poni);
  std::vector<std::array<LabPoint, 4>> row(positions.cols());
  positions.corners(pixel / positions.cols(), row);
  const std::span<const LabPoint> corners(row[pixel % positions.cols()]);
  std::vector<double> radial(4), azimuth(4);
  RadialCoordinate(options.unit, poni.wavelength)(corners, radial);
  azimuths(corners, azimuth);
  std::vector<Vertex> outline;
  for (std::size_t k = 0; k < 4; ++k) {
    double chi = static_cast<double>(static_cast<float>(azimuth[k])) * deg_per_rad;
    const double first = outline.empty() ? chi : outline.front().azimuth;
    if (chi - first > 180) chi -= 360;
    if (chi - first < -180) chi += 360;
    outline.push_back({static_cast<double>(static_cast<float>(radial[k])) * info(options.unit).scale, chi});
  }
  return outline;
}

bool holds(const std::vector<Vertex>& outline, double radial, double azimuth) {
  bool inside = false;
  for (std::size_t i = 0, j = outline.size() - 1; i < outline.size(); j = i++) {
    const Vertex &a = outline[i], &b = outline[j];
    if ((a.azimuth > azimuth) == (b.azimuth > azimuth)) continue;
    if (radial < a.radial + (azimuth - a.azimuth) / (b.azimuth - a.azimuth) * (b.radial - a.radial)) inside = !inside;
  }
  return inside;
}

/// Parts of the points inside, per bin; those outside of the axes count in none.
Cells sampled(const std::vector<Vertex>& outline, const Divider& divider, const IntegrationOptions& options) {
  constexpr int steps = 1000;
  const auto [near, far] = std::ranges::minmax(outline, {}, &Vertex::radial);
  const auto [low, high] = std::ranges::minmax(outline, {}, &Vertex::azimuth);
  const std::vector<double>& edges = divider.radial_axis()->edges;
  const std::size_t around = std::max<std::size_t>(options.azimuthal_bins, 1);
  const Sector sector = options.sector.value_or(Sector{});
  Cells cells;
  double total = 0;
  for (int i = 0; i < steps; ++i) {
    const double radial = near.radial + (far.radial - near.radial) * (i + 0.5) / steps;
    for (int j = 0; j < steps; ++j) {
      const double chi = low.azimuth + (high.azimuth - low.azimuth) * (j + 0.5) / steps;
      if (!holds(outline, radial, chi)) continue;
      ++total;
      const double turned = chi - sector.start - 360 * std::floor((chi - sector.start) / 360);
      if (turned >= sector.extent || radial < edges.front() || radial >= edges.back()) continue;
      const auto bin = static_cast<std::size_t>(std::ranges::upper_bound(edges, radial) - edges.begin()) - 1;
      const auto row = static_cast<std::size_t>(turned / sector.extent * static_cast<double>(around));
      ++cells[row * divider.radial_axis()->bins() + bin];
    }
  }
  for (auto& [bin, part] : cells) part /= total;
  return cells;
}

Cells exact(const Divider& divider, std::size_t pixel) {
  std::vector<Fraction> fractions;
  divider.divide(pixel, pixel + 1, fractions);
  Cells cells;
  for (const Fraction& fraction : fractions) cells[fraction.bin] += fraction.part;
  return cells;
}

bool has_the_beam(const std::vector<Vertex>& outline) {
  const auto [low, high] = std::ranges::minmax(outline, {}, &Vertex::azimuth);
  return high.azimuth - low.azimuth > 180;
}

/// Compares some pixels all over the detector, and those on the row of the beam, where the cut at +-180 degrees is.
void expect_sampled_areas(const IntegrationOptions& options) {
  const Poni poni = small_poni();
  const Divider divider(poni, options);
  std::size_t compared = 0;
  for (std::size_t pixel = 17; pixel < divider.pixels(); pixel += 211) {
    const auto corners = outline(poni, options, pixel);
    if (has_the_beam(corners)) continue;
    const Cells expected = sampled(corners, divider, options);
    Cells difference = exact(divider, pixel);
    for (const auto& [bin, part] : expected) difference[bin] -= part;
    for (const auto& [bin, part] : difference) EXPECT_NEAR(part, 0, 2e-3) << "pixel " << pixel << ", bin " << bin;
    compared += expected.empty() ? 0 : 1;
  }
  EXPECT_GT(compared, 3U);
}

TEST(SampledAreas, are_those_of_a_pattern) { expect_sampled_areas(small_options(Split::full)); }

TEST(SampledAreas, are_those_of_bins_narrower_than_a_pixel) {
  IntegrationOptions options = small_options(Split::full);
  options.bins = 1000;
  expect_sampled_areas(options);
}

TEST(SampledAreas, are_those_within_a_radial_range) {
  IntegrationOptions options = small_options(Split::full);
  options.radial_range = Range{10, 14};
  options.bins = 3;
  expect_sampled_areas(options);
}

TEST(SampledAreas, are_those_of_logarithmic_bins) {
  IntegrationOptions options = small_options(Split::full);
  options.radial_range = Range{0.5, 40};
  options.spacing = Spacing::logarithmic;
  expect_sampled_areas(options);
}

TEST(SampledAreas, are_those_within_a_sector_across_the_cut) {
  IntegrationOptions options = small_options(Split::full);
  options.sector = Sector{91, 170};
  expect_sampled_areas(options);
}

TEST(SampledAreas, are_those_of_a_cake) {
  IntegrationOptions options = small_options(Split::full);
  options.azimuthal_bins = 90;
  expect_sampled_areas(options);
}

TEST(SampledAreas, are_those_of_a_cake_across_the_cut) {
  IntegrationOptions options = small_options(Split::full);
  options.sector = Sector{100, 200};
  options.azimuthal_bins = 400;
  expect_sampled_areas(options);
}

}  // namespace
}  // namespace annulus
