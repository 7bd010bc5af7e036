// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/polygons.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "operators/kernels/divider.hpp"
#include "tests/operators/kernels/small_detector.hpp"

namespace annulus {
namespace {

using testing::small_options;
using testing::small_poni;

Polygon polygon_of(const RowCorners& radial, const RowCorners& azimuth, std::size_t col) {
  Polygon polygon;
  for (std::size_t k = 0; k < 4; ++k) polygon.push_back({radial[k][col], azimuth[k][col]});
  return polygon;
}

bool is_across_the_cut(const Polygon& polygon) {
  const auto [least, most] = std::ranges::minmax(polygon, {}, &Vertex::azimuth);
  return most.azimuth - least.azimuth > pi;
}

// Rows of pixels in one or two bins are worked on by other code than single pixels in more of them.
TEST(Polygons, give_bins_the_areas_of_strips) {
  for (const std::size_t bins : {1, 10, 64, 777}) {
    IntegrationOptions options = small_options(Split::full);
    options.bins = bins;
    const Poni poni = small_poni();
    const Divider divider(poni, options);
    const auto rows = divider.rows_divider();
    const BinAxis axis(Range{divider.radial_axis()->edges.front(), divider.radial_axis()->edges.back()}, bins,
                       Spacing::linear);
    const PixelPositions positions(poni);
    PixelCorners radial(positions, RadialCoordinate(options.unit, poni.wavelength));
    PixelCorners azimuth(positions, azimuths);
    std::size_t simple = 0;
    for (std::size_t row = 0; row < positions.rows(); ++row) {
      const DividedRow& divided = rows->divide(row, 0, positions.cols());
      const RowCorners of_radial = radial.of_row(row), of_azimuth = azimuth.of_row(row);
      for (std::size_t col = 0; col < positions.cols(); ++col) {
        if (divided.lower[col] >= DividedRow::divided) continue;
        ++simple;
        const Polygon polygon = polygon_of(of_radial, of_azimuth, col);
        ASSERT_FALSE(is_across_the_cut(polygon));
        std::vector<StripArea> strips;
        add_strips(polygon, signed_area(polygon), axis, strips);
        double upper = 0;
        for (const auto& [bin, area] : strips) {
          const double part = area / signed_area(polygon);
          if (bin == divided.lower[col] + 1) upper += part;
          if (bin != divided.lower[col] && bin != divided.lower[col] + 1) {
            EXPECT_NEAR(part, 0, 1e-12);
          }
        }
        EXPECT_NEAR(divided.upper[col], upper, 1e-9) << row << ", " << col;
      }
    }
    if (bins < 100) {
      EXPECT_GT(simple, positions.rows() * positions.cols() * 9 / 10);
    }
  }
}

}  // namespace
}  // namespace annulus
