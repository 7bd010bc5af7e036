// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "operators/data/pattern.hpp"

#include "detectors/geometry/coordinates.hpp"
#include "detectors/geometry/pixel_positions.hpp"
#include "operators/kernels/bin_axis.hpp"
#include "operators/kernels/integration_options.hpp"
#include "operators/kernels/pixel_maps.hpp"
#include "operators/kernels/polygon.hpp"

namespace annulus {

/// The part of a pixel that lies in a bin. The parts of a pixel add up to 1, or to less where it lies partly outside
/// of the ranges; a pixel that is masked or outside has none.
struct Fraction {
  std::uint32_t pixel = 0;
  std::uint32_t bin = 0;  ///< azimuthal bin * radial bins + radial bin
  double part = 0;        ///< more than 0, at most 1
};

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
  [[nodiscard]] bool is_masked(std::size_t pixel) const { return mask_[pixel] != 0; }
  /// (rows * cols): not 0 where nothing is measured, or without a position.
  [[nodiscard]] const std::vector<std::uint8_t>& mask() const noexcept { return mask_; }

  [[nodiscard]] std::size_t rows() const noexcept { return positions_.rows(); }
  [[nodiscard]] std::size_t cols() const noexcept { return positions_.cols(); }
  /// rows * cols.
  [[nodiscard]] std::size_t pixels() const noexcept { return mask_.size(); }
  /// Radial bins times azimuthal bins (1 when there is no azimuthal axis).
  [[nodiscard]] std::size_t bins() const noexcept { return radial_.size() * around_.size(); }
  [[nodiscard]] const std::shared_ptr<const RadialAxis>& radial_axis() const noexcept { return radial_axis_; }
  /// Null for a pattern.
  [[nodiscard]] const std::shared_ptr<const AzimuthalAxis>& azimuthal_axis() const noexcept { return azimuthal_axis_; }
  /// (rows * cols): the product of flat field, polarization, relative solid angle and so on.
  [[nodiscard]] const std::vector<double>& normalization() const noexcept { return normalization_; }

 private:
  struct Part {
    std::size_t bin = 0;
    double part = 0;
  };
  class Polygons;

  [[nodiscard]] Range range_of_all(std::size_t threads) const;
  void require_few_parts() const;
  void divide_box(std::size_t pixel, std::vector<Part>& radial, std::vector<Part>& around,
                  std::vector<Fraction>& out) const;
  void divide_radially(std::size_t pixel, std::vector<Part>& out) const;
  void divide_around(std::size_t pixel, std::vector<Part>& out) const;
  static void divide_turn(const CoordinateMap& map, std::size_t pixel, const BinAxis& axis, double start, double period,
                          std::vector<Part>& out);

  Split split_;
  PixelPositions positions_;
  RadialCoordinate coordinate_;
  double scale_;
  double lowest_;  ///< value of the radial coordinate
  double period_;  ///< of a radial coordinate that comes round, else 0
  std::vector<double> normalization_;
  std::vector<std::uint8_t> mask_;
  CoordinateMap radial_map_;   ///< of no and bbox
  CoordinateMap azimuth_map_;  ///< of no and bbox, when the azimuth matters
  bool is_automatic_;          ///< the radial bins hold all pixels
  BinAxis radial_;
  bool has_sector_;  ///< else every azimuth belongs to the only bin
  double start_;     ///< of the azimuthal bins [degrees]
  BinAxis around_;   ///< from start_ on [degrees]
  std::shared_ptr<const RadialAxis> radial_axis_;
  std::shared_ptr<const AzimuthalAxis> azimuthal_axis_;
};

}  // namespace annulus
