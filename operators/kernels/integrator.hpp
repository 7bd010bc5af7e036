// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <vector>

#include "operators/data/pattern.hpp"

#include "detectors/geometry/poni.hpp"
#include "operators/kernels/binning.hpp"

namespace annulus {

/// Azimuthal integration of images of one geometry. With c the fraction of a pixel in a bin, n its normalization (flat
/// field, polarization, solid angle), s = counts - dark and var its variance, every bin of the pattern has
///   signal = sum c s,  normalization = sum c n,  count = sum c,  variance = sum c^2 var,
///   intensity = signal / normalization,  sigma = sqrt(variance) / normalization,
/// over the pixels that are neither masked nor marked bad in the image (NaN, infinite, or the dummy value).
///
/// Everything that depends on the geometry only is prepared by the constructor. Integrating is const: an Integrator may
/// be used by several threads at once, and the same image gives the same bits.
class Integrator final {
 public:
  /// The detector must have a shape (see sized_for). Throws ConfigError for options or a geometry that make no sense, a
  /// unit that needs an unknown wavelength, or when all pixels are masked; DataError for a mask, flat field or dark of
  /// another shape than the detector.
  Integrator(const Poni& poni, const IntegrationOptions& options);

  /// The pattern of an image of (rows, cols) of any type. Bins without pixels have count 0 and NaN intensity and sigma.
  /// Throws DataError for an image of another shape than the detector.
  [[nodiscard]] Pattern integrate(const Array& pixels) const;

  /// The same, carrying on the frame's number, time and readings.
  [[nodiscard]] Pattern integrate(const Frame& frame) const;

  [[nodiscard]] const std::shared_ptr<const RadialAxis>& axis() const noexcept { return axis_; }
  /// (rows, cols) of the images.
  [[nodiscard]] const Shape& shape() const noexcept { return shape_; }
  [[nodiscard]] const IntegrationOptions& options() const noexcept { return options_; }

 private:
  /// Two sums of one bin, side by side in memory because every share adds to both.
  struct Sums {
    double first = 0;
    double second = 0;
  };
  template <class T>
  class Validity;

  [[nodiscard]] std::optional<BadValue> bad_value(DType dtype) const;
  template <class T>
  void add_counts(Elements<T> pixels, Pattern& pattern) const;
  template <class IsValid>
  [[nodiscard]] std::vector<Sums> weights_of(const IsValid& is_valid) const;
  void set_weights(const std::vector<Sums>& weights, Pattern& pattern) const;

  IntegrationOptions options_;
  Detector detector_;
  Shape shape_;
  std::shared_ptr<const RadialAxis> axis_;
  std::vector<double> normalization_;  ///< per pixel
  std::vector<double> dark_;           ///< per pixel [counts]; empty without a dark
  std::vector<Share> shares_;
  std::vector<Sums> all_weights_;  ///< normalization and count of every bin when no pixel is marked bad
};

}  // namespace annulus
