// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "detectors/geometry/coordinates.hpp"
#include "detectors/geometry/pixel_positions.hpp"
#include "operators/kernels/divided_row.hpp"
#include "operators/kernels/pixel_corners.hpp"
#include "operators/kernels/polygon.hpp"

namespace annulus {

/// Divides pixels as polygons in the plane of both coordinates, between their corners. The radius stands in for the
/// azimuth when that is the radial coordinate.
class Polygons final : public RowDivider {
 public:
  /// The radial unit is `scale` times what `coordinate` gives. `mask` (rows * cols): not 0 where nothing is measured.
  /// What is referred to must outlive this.
  Polygons(const BinGrid& grid, std::span<const std::uint8_t> mask, const PixelPositions& positions,
           const RadialCoordinate& coordinate, double scale);

  [[nodiscard]] const DividedRow& divide(std::size_t row, std::size_t first, std::size_t last) override;

 private:
  void place_radially(const RowCorners& radial);
  void share(const RowCorners& radial, const RowCorners& azimuth);
  void place_around(const RowCorners& azimuth);
  void divide_polygon(std::size_t pixel, const RowCorners& radial, const RowCorners& azimuth);
  bool draw(std::size_t col, const RowCorners& radial, const RowCorners& azimuth);
  void add_points(std::size_t pixel);
  [[nodiscard]] std::optional<std::size_t> bin_of_point(double radial, double azimuth) const;
  void add(const Polygon& polygon, double area, std::size_t azimuthal_bin);
  void add_turn(double whole);
  void add_sectors(double whole);

  const BinGrid& grid_;
  std::span<const std::uint8_t> mask_;
  const PixelPositions& positions_;
  const RadialCoordinate& coordinate_;
  double scale_;
  PixelCorners radial_;
  PixelCorners azimuth_;
  DividedRow out_;
  std::vector<double> least_;
  std::vector<double> most_;
  std::vector<double> edge_;    ///< the lowest that a pixel may cross
  std::vector<double> widest_;  ///< of the azimuths between neighbouring corners
  std::vector<std::uint32_t> first_bins_;
  std::vector<std::uint32_t> last_bins_;
  Polygon polygon_;
  std::vector<StripArea> strips_;
};

}  // namespace annulus
