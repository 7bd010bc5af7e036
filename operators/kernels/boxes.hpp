// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "operators/kernels/divided_row.hpp"
#include "operators/kernels/pixel_maps.hpp"

namespace annulus {

/// Divides pixels as boxes of both coordinates around their centres, or, when their maps have no widths, as points.
class Boxes final : public RowDivider {
 public:
  /// `azimuth` when the grid has a sector. `mask` (rows * cols): not 0 where nothing is measured. Grid and mask must
  /// outlive this.
  Boxes(const BinGrid& grid, std::span<const std::uint8_t> mask, CoordinateMap radial,
        std::optional<CoordinateMap> azimuth);

  [[nodiscard]] const DividedRow& divide(std::size_t row, std::size_t first, std::size_t last) override;

 private:
  struct Part {
    std::size_t bin = 0;
    double part = 0;
  };
  struct Interval {
    double lo = 0;
    double width = 0;
  };

  void place_points(std::span<const double> centres);
  void place_radially(const CoordinateRow& radial);
  void place_around(const CoordinateRow& azimuth);
  void divide_box(std::size_t pixel, const Interval& radial, const Interval& azimuth);
  void divide_radially(const Interval& interval);
  static void divide_turn(const Interval& interval, const BinAxis& axis, double start, double period,
                          std::vector<Part>& out);

  const BinGrid& grid_;
  std::span<const std::uint8_t> mask_;
  CoordinateMap radial_;
  std::optional<CoordinateMap> azimuth_;
  DividedRow out_;
  std::vector<double> lo_;
  std::vector<double> hi_;
  std::vector<double> edge_;   ///< the first above `lo`
  std::vector<double> next_;   ///< the one after that
  std::vector<double> zeros_;  ///< widths of points
  std::vector<std::uint32_t> bins_;
  std::vector<Part> radial_parts_;
  std::vector<Part> around_parts_;
};

}  // namespace annulus
