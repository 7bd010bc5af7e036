// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "operators/data/pattern.hpp"

#include "detectors/geometry/poni.hpp"
#include "operators/kernels/engine.hpp"

namespace annulus {

/// Azimuthal integration of images of one geometry. With c the fraction of a pixel in a bin, n its normalization (flat
/// field, polarization, solid angle), s = counts - dark and var its variance, every bin of the pattern has
///   signal = sum c s,  normalization = sum c n,  count = sum c,  variance = sum c^2 var,
///   intensity = signal / normalization,  sigma = sqrt(variance) / normalization,
/// over the pixels that are neither masked nor marked bad in the image (NaN, infinite, or the dummy value).
///
/// Everything that depends on the geometry only is prepared by the constructor. Integrating is const: an Integrator may
/// be used by several threads at once, and the same image gives the same bits (see Engine).
class Integrator final {
 public:
  /// `threads`: how many share one frame. The detector must have a shape (see sized_for). Throws ConfigError for
  /// options or a geometry that make no sense, a unit that needs an unknown wavelength, or when all pixels are masked;
  /// DataError for a mask, flat field or dark of another shape than the detector.
  Integrator(const Poni& poni, const IntegrationOptions& options, std::size_t threads = 1)
      : engine_(poni, options, threads), options_(options) {}

  /// The pattern of an image of (rows, cols) of any type. Bins without pixels have count 0 and NaN intensity and sigma.
  /// Throws DataError for an image of another shape than the detector, or one that cannot be unpacked.
  [[nodiscard]] Pattern integrate(const Array& pixels) const { return pattern_of(engine_.sum(pixels)); }

  /// The same, carrying on the frame's number, time and readings.
  [[nodiscard]] Pattern integrate(const Frame& frame) const;

  /// The same for several frames at once, which takes less time. `variance`: of every pixel, the same for all frames,
  /// for ErrorModel::variance.
  [[nodiscard]] std::vector<Pattern> integrate(std::span<const Frame> frames, const Array* variance = nullptr) const;

  /// Cakes, when the options name azimuthal bins or edges; integrate() is for those that name none.
  [[nodiscard]] Cake integrate2d(const Array& pixels) const { return cake_of(engine_.sum(pixels)); }
  [[nodiscard]] Cake integrate2d(const Frame& frame) const;
  [[nodiscard]] std::vector<Cake> integrate2d(std::span<const Frame> frames, const Array* variance = nullptr) const;

  [[nodiscard]] const std::shared_ptr<const RadialAxis>& axis() const noexcept {
    return engine_.divider().radial_axis();
  }
  /// (rows, cols) of the images.
  [[nodiscard]] const Shape& shape() const noexcept { return engine_.shape(); }
  [[nodiscard]] const IntegrationOptions& options() const noexcept { return options_; }

 private:
  [[nodiscard]] Pattern pattern_of(BinSums sums) const;
  [[nodiscard]] Cake cake_of(BinSums sums) const;
  [[nodiscard]] std::vector<BinSums> sums_of(std::span<const Frame> frames, const Array* variance) const;

  Engine engine_;
  IntegrationOptions options_;
};

}  // namespace annulus
