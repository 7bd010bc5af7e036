// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "operators/data/pattern.hpp"

#include "operators/kernels/bin_major.hpp"
#include "operators/kernels/clipping.hpp"
#include "operators/kernels/groups.hpp"
#include "operators/kernels/sample_sums.hpp"

namespace annulus {

/// Azimuthal integration without outliers, as ReferenceIntegrator::sigma_clip() defines it, fast: the pixels of a bin
/// stay in the cache while they are summed, once where none is an outlier, else again and again. The result is the
/// same, bit for bit, for any number of threads and on every processor of an architecture.
class SigmaClipper final {
 public:
  /// Pixels are not split (an outlier is a whole pixel). Throws ConfigError for another `options.split`, and as
  /// divide_pixels() and require_valid() do.
  SigmaClipper(const Poni& poni, const IntegrationOptions& options, const SigmaClip& clip, std::size_t threads = 1);
  ~SigmaClipper();

  /// Throws DataError as require_usable() does. May be called from several threads at once.
  [[nodiscard]] Pattern integrate(const Array& image, const Exposure& exposure = {}) const;
  /// The same, carrying on the frame's number, time and readings.
  [[nodiscard]] Pattern integrate(const Frame& frame, const Exposure& exposure = {}) const;

 private:
  struct Room;

  IntegrationOptions options_;
  SigmaClip clip_;
  Division division_;  ///< without its fractions and normalizations
  BinMajor pixels_;
  std::vector<Normalizations> known_;  ///< (bins)
  mutable Team team_;
  mutable Rooms<Room> rooms_;
};

}  // namespace annulus
