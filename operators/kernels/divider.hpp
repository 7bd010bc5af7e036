// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "operators/data/pattern.hpp"

#include "detectors/geometry/coordinates.hpp"
#include "detectors/geometry/pixel_positions.hpp"
#include "operators/kernels/divided_row.hpp"
#include "operators/kernels/integration_options.hpp"
#include "operators/kernels/large_vector.hpp"

namespace annulus {

/// Divides the pixels of a detector over the bins of an integration, after IntegrationOptions::split.
class Divider final {
 public:
  /// The detector must have a shape (see sized_for). Computes with up to `threads` threads; the result does not depend
  /// on them. Throws ConfigError for options or a geometry that make no sense, a unit that needs an unknown wavelength,
  /// when all pixels are masked, or when narrow bins would cut them into too many parts; DataError for a mask, flat
  /// field or dark of another shape than the detector.
  Divider(const Poni& poni, const IntegrationOptions& options, std::size_t threads = 1);

  /// Appends the fractions of the pixels first <= i < last, pixel by pixel. May be called from several threads at once.
  void divide(std::size_t first, std::size_t last, std::vector<Fraction>& out) const;
  /// The same row by row. Must not outlive this.
  [[nodiscard]] std::unique_ptr<RowDivider> rows_divider() const;
  /// Whether every pixel that is not masked lies in one bin, or outside.
  [[nodiscard]] bool is_undivided() const noexcept { return split_ == Split::no; }
  [[nodiscard]] bool is_masked(std::size_t pixel) const { return mask_[pixel] != 0; }
  /// (rows * cols): not 0 where nothing is measured, or without a position.
  [[nodiscard]] const std::vector<std::uint8_t>& mask() const noexcept { return mask_; }

  [[nodiscard]] std::size_t rows() const noexcept { return positions_.rows(); }
  [[nodiscard]] std::size_t cols() const noexcept { return positions_.cols(); }
  /// rows * cols.
  [[nodiscard]] std::size_t pixels() const noexcept { return mask_.size(); }
  /// Radial bins times azimuthal bins (1 when there is no azimuthal axis).
  [[nodiscard]] std::size_t bins() const noexcept { return grid_.bins(); }
  [[nodiscard]] const std::shared_ptr<const RadialAxis>& radial_axis() const noexcept { return radial_axis_; }
  /// Null for a pattern.
  [[nodiscard]] const std::shared_ptr<const AzimuthalAxis>& azimuthal_axis() const noexcept { return azimuthal_axis_; }
  /// (rows * cols): the product of flat field, polarization, relative solid angle and so on.
  [[nodiscard]] std::span<const double> normalization() const noexcept { return normalization_; }

 private:
  struct Reach;

  [[nodiscard]] Range spanned(std::size_t threads);
  void span_boxes(std::size_t first_row, std::size_t last_row, Reach& reach);
  void span_polygons(std::size_t first_row, std::size_t last_row, Reach& reach);
  void require_few_parts() const;

  Split split_;
  RadialUnit unit_;
  PixelPositions positions_;
  RadialCoordinate coordinate_;
  LargeVector<double> normalization_;
  std::vector<std::uint8_t> mask_;
  BinGrid grid_;
  std::shared_ptr<const RadialAxis> radial_axis_;
  std::shared_ptr<const AzimuthalAxis> azimuthal_axis_;
};

}  // namespace annulus
