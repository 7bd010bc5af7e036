// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "operators/data/frame.hpp"
#include "operators/data/numbers.hpp"
#include "operators/data/units.hpp"

namespace annulus {

/// The bins of a pattern, shared by all patterns of one integrator.
struct RadialAxis {
  RadialUnit unit = RadialUnit::q_nm;
  std::vector<double> edges;    ///< (bins + 1) [unit], increasing
  std::vector<double> centres;  ///< (bins) [unit], the middle of each bin

  /// The bins between increasing edges.
  static RadialAxis between(RadialUnit unit, std::vector<double> edges);
  /// `bins` equal bins over [lo, hi).
  static RadialAxis uniform(RadialUnit unit, double lo, double hi, std::size_t bins);
  [[nodiscard]] std::size_t bins() const noexcept { return centres.size(); }
};

/// The azimuthal bins of a cake, shared by all cakes of one integrator: 0 along +x, 90 along +y.
struct AzimuthalAxis {
  std::vector<double> edges;    ///< (bins + 1) [degrees], increasing, over at most 360
  std::vector<double> centres;  ///< (bins) [degrees], the middle of each bin

  /// The bins between increasing edges.
  static AzimuthalAxis between(std::vector<double> edges);
  [[nodiscard]] std::size_t bins() const noexcept { return centres.size(); }
};

/// A 1D azimuthal average of one frame. A bin that no pixel reached has count 0 and intensity, sigma and std NaN.
/// The sums are kept so that patterns can be added and rebinned exactly (see pattern_arithmetic.hpp):
/// intensity = signal / normalization, sigma = sqrt(variance) / normalization, std = sqrt(variance /
/// normalization_squared). With c the fraction of a pixel in the bin, n its normalization, s its dark-corrected counts:
struct Pattern {
  std::uint64_t number = 0;  ///< number of the frame in its run
  double time = 0;           ///< when the frame was taken [s since 1970-01-01 UTC]
  std::shared_ptr<const RadialAxis> axis;
  Numbers intensity;      ///< (bins) [counts per unit of normalization]
  Numbers sigma;          ///< (bins) standard error of intensity; empty without an error model
  Numbers signal;         ///< (bins) sum of c s: weighted sum of dark-corrected counts
  Numbers variance;       ///< (bins) sum of c^2 var(s); empty without an error model
  Numbers normalization;  ///< (bins) sum of c n: solid angle, polarization, flat, monitor
  /// (bins) sum of (c n)^2; empty where it was not computed
  Numbers normalization_squared = {};
  Numbers count;     ///< (bins) number of pixels, fractions included
  Numbers std = {};  ///< (bins) standard deviation of one pixel; empty as sigma is
  /// (bins) sum of c^2 n (s - intensity n): with it, variances that are the scatter within a bin (azimuthal model) can
  /// be united exactly. Empty with other models, whose variances only add.
  Numbers cross = {};
  std::shared_ptr<const Dict> readings;  ///< passed on from the frame
  /// How it was made: the operator's name, its parameters and the geometry; shared by the patterns of one integrator.
  /// Null when nobody said so.
  std::shared_ptr<const Dict> reduction = nullptr;
};

/// An average of one frame over radial and azimuthal bins: the fields of a Pattern, (azimuthal bins, radial bins) in
/// row-major order.
struct Cake {
  std::uint64_t number = 0;  ///< number of the frame in its run
  double time = 0;           ///< when the frame was taken [s since 1970-01-01 UTC]
  std::shared_ptr<const RadialAxis> axis;
  std::shared_ptr<const AzimuthalAxis> azimuthal_axis;
  Numbers intensity;
  Numbers sigma;
  Numbers signal;
  Numbers variance;
  Numbers normalization;
  Numbers normalization_squared = {};
  Numbers count;
  Numbers std = {};
  Numbers cross = {};
  std::shared_ptr<const Dict> readings;
  std::shared_ptr<const Dict> reduction = nullptr;
};

/// Gives a result (a Pattern or a Cake) the number, time and readings of the frame that it was made of.
template <class Result>
void carry_on(const Frame& frame, Result& result) {
  result.number = frame.number;
  result.time = frame.time;
  result.readings = frame.readings;
}

}  // namespace annulus
