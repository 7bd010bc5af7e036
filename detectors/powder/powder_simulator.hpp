// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "operators/data/array.hpp"

#include "detectors/geometry/poni.hpp"
#include "detectors/powder/calibrant.hpp"

namespace annulus {

/// What a simulated powder measurement looks like.
struct PowderOptions {
  std::string calibrant = "CeO2";
  DType dtype = DType::i32;      ///< u16, u32 or i32
  double peak_counts = 200;      ///< expected in a pixel at the top of the strongest ring
  double background_counts = 5;  ///< expected far from the beam; twice as much at the beam, from scattering in air
  double width = 1.2e-3;         ///< full width at half maximum of a ring at small angles [rad]
  double polarization = 0.99;    ///< (I_horizontal - I_vertical) / (sum of both)
  double strain_per_frame = 0;   ///< relative growth of the lattice from frame to frame: the sample warms up
  double strain_limit = 0.01;    ///< the growth goes up to this and back again, so that it may last forever
  std::uint64_t seed = 1;
};

/// Images of a powder sample: calibrant rings of physical position, relative strength and width, background, solid
/// angle, polarization, Poisson noise, and the detector's own mark for pixels in its gaps (-1, or the largest value of
/// an unsigned type). Frame k is the same image whenever it is asked for; several threads may ask at once.
class PowderSimulator final {
 public:
  /// Throws ConfigError for a calibrant or element type that is not known, numbers that make no sense, or a poni
  /// without wavelength or detector shape.
  PowderSimulator(const Poni& poni, const PowderOptions& options);

  /// Image `k`: (rows, cols) [counts].
  [[nodiscard]] Array frame(std::uint64_t k) const;

  /// The mean of many images `k`: (rows * cols) [counts]; 0 in gaps.
  [[nodiscard]] std::vector<double> expectation(std::uint64_t k) const;

  /// Relative growth of the lattice in image `k`.
  [[nodiscard]] double strain(std::uint64_t k) const;

 private:
  [[nodiscard]] std::vector<float> profile(double strain) const;
  template <class T>
  [[nodiscard]] Array noisy(std::uint64_t k) const;
  template <class F>
  void for_each_expected(std::uint64_t k, F&& f) const;

  Shape shape_;
  PowderOptions options_;
  double wavelength_;
  double largest_tth_ = 0;
  std::vector<Reflection> reflections_;
  std::vector<float> position_;  ///< per pixel: where its 2theta is in the profile
  std::vector<float> factor_;    ///< per pixel: solid angle x polarization, 0 in gaps
};

}  // namespace annulus
