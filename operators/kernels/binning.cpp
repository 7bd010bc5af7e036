// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/binning.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "operators/data/error.hpp"

namespace annulus {
namespace {

/// The part of the radial axis that a pixel covers.
struct Interval {
  double lo;
  double hi;
};

Interval interval_of(const CoordinateMap& radial, std::size_t i) {
  const double centre = radial.centre[i];
  if (radial.half_width.empty()) return {centre, centre};
  return {centre - radial.half_width[i], centre + radial.half_width[i]};
}

/// The equal bins of a range.
class Bins final {
 public:
  Bins(const Range& range, std::size_t count)
      : range_(range), width_((range.hi - range.lo) / static_cast<double>(count)), last_(count - 1) {}

  /// The bin of `x`, which must lie in the range.
  [[nodiscard]] std::size_t of(double x) const {
    return std::min(static_cast<std::size_t>((x - range_.lo) / width_), last_);
  }
  /// Upper edge of a bin.
  [[nodiscard]] double edge_after(std::size_t bin) const {
    return bin == last_ ? range_.hi : range_.lo + width_ * static_cast<double>(bin + 1);
  }

 private:
  Range range_;
  double width_;
  std::size_t last_;
};

/// Appends the fraction of a pixel in `bin`, next to the fraction in the bin before where there is room.
void add_fraction(std::vector<Share>& shares, std::size_t first_of_pixel, std::size_t pixel, std::size_t bin,
                  double fraction) {
  if (shares.size() > first_of_pixel && shares.back().bin + 1 == bin && shares.back().upper == 0) {
    shares.back().upper = fraction;
  } else {
    shares.push_back({static_cast<std::uint32_t>(pixel), static_cast<std::uint32_t>(bin), fraction, 0});
  }
}

}  // namespace

Range range_of(const CoordinateMap& radial, const std::vector<std::uint8_t>& mask, double lowest) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Range range{infinity, -infinity};
  for (std::size_t i = 0; i < mask.size(); ++i) {
    if (mask[i] != 0) continue;
    const Interval pixel = interval_of(radial, i);
    if (!std::isfinite(pixel.lo) || !std::isfinite(pixel.hi)) continue;  // a spacing d of a pixel in the beam
    range.lo = std::min(range.lo, std::max(lowest, pixel.lo));
    range.hi = std::max(range.hi, pixel.hi);
  }
  if (!std::isfinite(range.lo)) {
    throw ConfigError("every pixel is masked (by the mask, the gaps of the detector, the flat field or the dark)");
  }
  const double beyond = 1 + static_cast<double>(std::numeric_limits<float>::epsilon());
  range.hi = range.hi > 0 ? range.hi * beyond : range.hi / beyond;
  range.hi = std::max(range.hi, range.lo + std::numeric_limits<double>::min());
  return range;
}

double fraction_in_sector(double centre, double half_width, const Range& sector) {
  const double extent = sector.hi > sector.lo ? sector.hi - sector.lo : sector.hi - sector.lo + 360;
  const auto turned = [](double angle) { return angle - 360 * std::floor(angle / 360); };  // 0 to 360
  if (half_width == 0) return turned(centre - sector.lo) < extent ? 1 : 0;
  const double lo = turned(centre - half_width - sector.lo);
  const double hi = lo + 2 * half_width;
  // Seen from its start the sector is [0, extent), and again one turn later, where the pixel may reach.
  const double inside =
      std::max(0.0, std::min(hi, extent) - lo) + std::max(0.0, std::min(hi, 360 + extent) - std::max(lo, 360.0));
  return std::min(1.0, inside / (2 * half_width));
}

std::vector<Share> divide(const CoordinateMap& radial, const std::vector<std::uint8_t>& mask,
                          const std::vector<double>& sector_fraction, const Range& range, std::size_t count,
                          double lowest) {
  const Bins bins(range, count);
  std::vector<Share> shares;
  shares.reserve(mask.size());
  for (std::size_t i = 0; i < mask.size(); ++i) {
    const double scale = sector_fraction.empty() ? 1 : sector_fraction[i];
    const Interval pixel = interval_of(radial, i);
    if (mask[i] != 0 || scale == 0 || !(pixel.hi >= range.lo && pixel.lo < range.hi)) continue;
    const std::size_t first = shares.size();
    if (pixel.lo == pixel.hi) {
      add_fraction(shares, first, i, bins.of(pixel.lo), scale);
      continue;
    }
    // The interval of a pixel next to the beam reaches below the lowest value, where nothing is: that part counts
    // there, as in pyFAI.
    double folded = range.lo <= lowest ? std::max(0.0, lowest - pixel.lo) : 0;
    double lo = std::max({pixel.lo, range.lo, lowest});
    const double hi = std::min(pixel.hi, range.hi);
    for (std::size_t bin = bins.of(lo); bin < count && lo < hi; ++bin) {
      const double edge = std::min(bins.edge_after(bin), hi);
      if (edge <= lo) continue;
      add_fraction(shares, first, i, bin, scale * (edge - lo + folded) / (pixel.hi - pixel.lo));
      folded = 0;
      lo = edge;
    }
  }
  shares.shrink_to_fit();
  return shares;
}

}  // namespace annulus
