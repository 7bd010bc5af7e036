// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "detectors/geometry/geometry.hpp"
#include "detectors/geometry/parallax.hpp"

namespace annulus {

/// Where the pixels of a detector are in the laboratory, line by line: row `row` and column `col` are those of the
/// image. Everything that moves pixels is inside: orientation, irregular pixels, parallax; callers see positions only.
/// All functions are const and may be called from several threads at once.
class PixelPositions final {
 public:
  /// Throws ConfigError when a number of `poni` cannot describe an experiment, or the detector has no shape.
  explicit PixelPositions(const Poni& poni);

  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
  [[nodiscard]] std::size_t cols() const noexcept { return cols_; }

  /// The centres of the pixels of row `row` [m]; `out` has cols() elements.
  void centres(std::size_t row, std::span<LabPoint> out) const;

  /// Whether neighbouring pixels share their corners, so that corner_line() may be used.
  [[nodiscard]] bool shares_corners() const noexcept { return corners_ == nullptr; }

  /// The corners along the upper edge of row `row`, 0 to rows() [m]; `out` has cols() + 1 elements. For detectors whose
  /// neighbours share corners only.
  void corner_line(std::size_t row, std::span<LabPoint> out) const;

  /// The corners of the pixels of row `row` [m], in the order (row, col), (row + 1, col), (row + 1, col + 1),
  /// (row, col + 1); `out` has cols() elements.
  void corners(std::size_t row, std::span<std::array<LabPoint, 4>> out) const;

  /// Cosine of the angle between the ray to the centre of a pixel and the normal of its surface; `out` has cols()
  /// elements. Its third power is the pixel's solid angle relative to one at the PONI.
  void cos_incidence(std::size_t row, std::span<double> out) const;

 private:
  /// Seen from the sample along the axes of the detector: rows, columns, normal [m].
  struct DetectorPoint {
    double p1, p2, p3;
  };
  /// Where the lines of a grid are along one dimension of the detector, from the PONI [m].
  struct Lines {
    std::vector<double> edges;    ///< one more than there are pixels
    std::vector<double> centres;  ///< one a pixel
  };
  static Lines lines_of(std::size_t count, double pixel, const std::vector<double>& edges, double poni, bool turned);
  void line(double p1, const std::vector<double>& p2, const std::vector<double>& depth, std::span<LabPoint> out) const;
  [[nodiscard]] LabPoint place(const DetectorPoint& p) const;
  [[nodiscard]] DetectorPoint own_corner(std::size_t row, std::size_t col, std::size_t corner) const;
  [[nodiscard]] std::array<DetectorPoint, 4> own_corners(std::size_t row, std::size_t col) const;
  [[nodiscard]] DetectorPoint own_centre(std::size_t row, std::size_t col) const;

  std::size_t rows_;
  std::size_t cols_;
  double poni1_;
  double poni2_;
  Geometry geometry_;
  bool rows_turned_;
  bool cols_turned_;
  bool flat_ = true;
  Lines row_lines_;
  Lines col_lines_;
  Lines depths_;                              ///< of the columns, behind the plane; empty when flat
  std::shared_ptr<const PixelGrid> corners_;  ///< null unless pixels have corners of their own
  std::optional<Parallax> parallax_;
};

}  // namespace annulus
