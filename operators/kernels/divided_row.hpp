// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "operators/kernels/bin_axis.hpp"

namespace annulus {

/// The part of a pixel that lies in a bin. The parts of a pixel add up to 1, or to less where it lies partly outside
/// of the ranges; a pixel that is masked or outside has none.
struct Fraction {
  std::uint32_t pixel = 0;
  std::uint32_t bin = 0;  ///< azimuthal bin * radial bins + radial bin
  double part = 0;        ///< more than 0, at most 1
};

/// The bins over which pixels are divided.
struct BinGrid {
  BinAxis radial;
  double lowest = 0;          ///< value of the radial coordinate
  double period = 0;          ///< of a radial coordinate that comes round, else 0
  bool is_automatic = false;  ///< the radial bins hold all pixels
  bool has_sector = false;    ///< else every azimuth belongs to the only bin
  double start = 0;           ///< of the azimuthal bins [degrees]
  BinAxis around;             ///< from the start on [degrees]

  [[nodiscard]] std::size_t bins() const noexcept { return radial.size() * around.size(); }
};

/// A row of pixels divided over bins. Most pixels lie wholly in one bin or in two neighbours of the radial axis, and
/// are worked on without branches; others have fractions.
struct DividedRow {
  static constexpr std::uint32_t outside = 0xFFFFFFFF;  ///< no part of the pixel is in a bin, or it is masked
  static constexpr std::uint32_t divided = 0xFFFFFFFE;  ///< its parts are in `fractions`

  std::vector<std::uint32_t> lower;  ///< (cols) the bin of a pixel, or the first of two; or one of the above
  std::vector<double> upper;         ///< (cols) the part in the bin after the lower one, 0 to 1; the rest is in that
  std::vector<Fraction> fractions;   ///< of the pixels that say so, one after the other
};

/// Divides rows of pixels. An object for each thread.
class RowDivider {
 public:
  RowDivider() = default;
  virtual ~RowDivider() = default;
  RowDivider(const RowDivider&) = delete;
  RowDivider& operator=(const RowDivider&) = delete;

  /// Of row `row` the pixels first <= col < last; what is said of others means nothing. Cheaper when rows follow each
  /// other. Valid until the next call.
  [[nodiscard]] virtual const DividedRow& divide(std::size_t row, std::size_t first, std::size_t last) = 0;
};

/// Puts pixels of a row outside that are masked (not 0). Returns whether others have fractions.
[[nodiscard]] bool leave_out(std::span<const std::uint8_t> masked, DividedRow& row);

/// Appends what became of the pixels first <= col < last of a row, of which the first is pixel `begin`.
void append_fractions(const DividedRow& row, std::size_t begin, std::size_t first, std::size_t last,
                      std::vector<Fraction>& out);

/// 0 to `period`. Here, because loops over it are vectorized.
[[nodiscard]] inline double turned(double angle, double period = 360) {
  const double rest = angle - period * std::floor(angle / period);
  return rest < period ? rest : 0;
}

/// The same, from `lo` to lo + period.
[[nodiscard]] inline double turned_from(double lo, double angle, double period) {
  const double x = lo + turned(angle, period);
  return x < lo + period ? x : lo;  // rounding may have led there
}

}  // namespace annulus
