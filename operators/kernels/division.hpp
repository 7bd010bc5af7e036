// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "operators/data/pattern.hpp"

#include "detectors/geometry/poni.hpp"
#include "operators/kernels/divider.hpp"
#include "operators/kernels/integration_options.hpp"

namespace annulus {

/// The pixels of a detector divided over bins, and what else is the same for every frame.
struct Division {
  Detector detector;
  std::shared_ptr<const RadialAxis> axis;
  std::shared_ptr<const AzimuthalAxis> azimuthal_axis;  ///< null for a pattern
  std::size_t bins = 0;
  std::vector<Fraction> fractions;    ///< in the order of pixels
  std::vector<double> normalization;  ///< (rows * cols): flat field, polarization, solid angle
  std::vector<double> dark;           ///< (rows * cols) [counts]; empty without one
  std::vector<double> dark_variance;  ///< (rows * cols) [counts^2]; empty without one

  [[nodiscard]] Shape shape() const { return {detector.rows, detector.cols}; }
};

/// Computes with up to `threads` threads, on which the result does not depend. The detector must have a shape. Throws
/// ConfigError and DataError as Divider does, and DataError for a dark or its variance of another shape.
[[nodiscard]] Division divide_pixels(const Poni& poni, const IntegrationOptions& options, std::size_t threads = 1);

/// The value that marks bad pixels in images of that type: the user's, else the detector's unless it is ignored.
[[nodiscard]] std::optional<BadValue> bad_value_for(const IntegrationOptions& options, const Detector& detector,
                                                    DType dtype);

/// What belongs to one frame beside its pixels.
struct Exposure {
  double monitor = 1;               ///< normalizes the frame: intensities are divided by it
  const Array* variance = nullptr;  ///< (rows, cols) [counts^2] for ErrorModel::variance, else not used
};

/// Throws DataError unless image and variance have the detector's shape, a variance is there when the model needs it,
/// and the monitor is finite and not 0.
void require_usable(const Division& division, ErrorModel model, const Array& image, const Exposure& exposure);

}  // namespace annulus
