// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/boxes.hpp"

#include <algorithm>
#include <utility>

namespace annulus {

Boxes::Boxes(const BinGrid& grid, std::span<const std::uint8_t> mask, CoordinateMap radial,
             std::optional<CoordinateMap> azimuth)
    : grid_(grid), mask_(mask), radial_(std::move(radial)), azimuth_(std::move(azimuth)) {}

const DividedRow& Boxes::divide(std::size_t row, std::size_t first, std::size_t last) {
  const CoordinateRow radial = radial_.of_row(row);
  const std::size_t cols = radial.centre.size();
  CoordinateRow azimuth;
  if (azimuth_) azimuth = azimuth_->of_row(row);
  out_.lower.resize(cols);
  out_.upper.resize(cols);
  out_.fractions.clear();
  for (auto* values : {&lo_, &hi_, &zeros_}) values->resize(cols);
  bins_.resize(cols);
  if (grid_.period > 0) {
    std::ranges::fill(out_.lower, DividedRow::divided);
  } else {
    place_radially(radial);
  }
  if (azimuth_) place_around(azimuth);
  const std::uint8_t* const masked = &mask_[row * cols];
  for (std::size_t col = 0; col < cols; ++col) out_.lower[col] |= masked[col] != 0 ? DividedRow::outside : 0;
  const auto interval = [](const CoordinateRow& of, std::size_t col) {
    if (of.centre.empty()) return Interval{};
    const double half_width = of.half_width.empty() ? 0 : of.half_width[col];
    return Interval{of.centre[col] - half_width, 2 * half_width};
  };
  for (std::size_t col = first; col < last; ++col) {
    if (out_.lower[col] == DividedRow::divided) {
      divide_box(row * cols + col, interval(radial, col), interval(azimuth, col));
    }
  }
  return out_;
}

/// The pixels that are in one or two bins, or in none.
void Boxes::place_radially(const CoordinateRow& radial) {
  const BinAxis& axis = grid_.radial;
  const std::size_t cols = radial.centre.size();
  double* const lo = lo_.data();
  double* const hi = hi_.data();
  const double* const centre = radial.centre.data();
  const double* const half_width = radial.half_width.empty() ? zeros_.data() : radial.half_width.data();
  for (std::size_t col = 0; col < cols; ++col) {
    lo[col] = centre[col] - half_width[col];
    hi[col] = centre[col] + half_width[col];
  }
  axis.bins_of(lo_, bins_);
  const double* const edges = axis.edges().data();
  const double begin = axis.lo(), end = axis.hi(), least = std::max(begin, grid_.lowest);
  const std::size_t last = axis.size();
  const std::uint32_t* const bins = bins_.data();
  std::uint32_t* const lower = out_.lower.data();
  double* const upper = out_.upper.data();
  for (std::size_t col = 0; col < cols; ++col) {
    const double edge = edges[bins[col] + 1];
    const double next = edges[std::min<std::size_t>(bins[col] + 2, last)];
    const double part = (hi[col] - edge) / (hi[col] - lo[col]);
    const bool is_outside = hi[col] < begin || lo[col] >= end;
    const bool is_simple = (lo[col] >= least) & (hi[col] <= end) & (hi[col] <= next);
    upper[col] = hi[col] > edge ? part : 0;
    const std::uint32_t bin = is_simple ? bins[col] : DividedRow::divided;
    lower[col] = is_outside ? DividedRow::outside : bin;
  }
}

/// Carries pixels that are in one azimuthal bin there.
void Boxes::place_around(const CoordinateRow& azimuth) {
  const BinAxis& axis = grid_.around;
  const std::size_t cols = azimuth.centre.size();
  for (std::size_t col = 0; col < cols; ++col) {
    const double half_width = azimuth.half_width.empty() ? 0 : azimuth.half_width[col];
    lo_[col] = turned_from(0, azimuth.centre[col] - half_width - grid_.start, 360);
    hi_[col] = lo_[col] + 2 * half_width;
  }
  axis.bins_of(lo_, bins_);
  const auto row = static_cast<std::uint32_t>(grid_.radial.size());
  for (std::size_t col = 0; col < cols; ++col) {
    const bool is_outside = lo_[col] >= axis.hi() && hi_[col] <= 360;
    const bool is_inside = lo_[col] < axis.hi() && hi_[col] <= axis.edge(bins_[col] + 1);
    std::uint32_t& bin = out_.lower[col];
    if (bin == DividedRow::outside || is_outside) {
      bin = DividedRow::outside;
    } else if (bin == DividedRow::divided || !is_inside) {
      bin = DividedRow::divided;
    } else {
      bin += row * bins_[col];
    }
  }
}

void Boxes::divide_box(std::size_t pixel, const Interval& radial, const Interval& azimuth) {
  radial_parts_.clear();
  around_parts_.clear();
  divide_radially(radial);
  if (radial_parts_.empty()) return;
  if (grid_.has_sector) {
    divide_turn(azimuth, grid_.around, grid_.start, 360, around_parts_);
  } else {
    around_parts_.push_back({0, 1});
  }
  for (const Part& a : around_parts_) {
    for (const Part& r : radial_parts_) {
      out_.fractions.push_back({static_cast<std::uint32_t>(pixel),
                                static_cast<std::uint32_t>(a.bin * grid_.radial.size() + r.bin), a.part * r.part});
    }
  }
}

void Boxes::divide_radially(const Interval& interval) {
  const BinAxis& axis = grid_.radial;
  if (grid_.period > 0) return divide_turn(interval, axis, axis.lo(), grid_.period, radial_parts_);
  const double lo = interval.lo;
  if (interval.width == 0) {
    if (lo >= axis.lo() && lo < axis.hi()) radial_parts_.push_back({axis.bin_of(lo), 1});
    return;
  }
  const double hi = lo + interval.width;
  if (hi < axis.lo() || lo >= axis.hi()) return;
  // The interval of a pixel next to the beam reaches below the lowest value, where nothing is: that part counts there,
  // as in pyFAI.
  double folded = axis.lo() <= grid_.lowest ? std::max(0.0, grid_.lowest - lo) : 0;
  double left = std::max({lo, axis.lo(), grid_.lowest});
  for (std::size_t bin = axis.bin_of(left); bin < axis.size() && axis.edge(bin) < hi; ++bin) {
    const double until = std::min(axis.edge(bin + 1), hi);
    if (until <= left) continue;
    radial_parts_.push_back({bin, (until - left + folded) / (hi - lo)});
    folded = 0;
    left = until;
  }
}

/// Divides an angle over bins of which the first begins at `start`.
void Boxes::divide_turn(const Interval& interval, const BinAxis& axis, double start, double period,
                        std::vector<Part>& out) {
  const double begin = turned_from(axis.lo(), interval.lo - start, period);
  if (interval.width == 0) {
    if (begin < axis.hi()) out.push_back({axis.bin_of(begin), 1});
    return;
  }
  // Seen from their start the bins are [0, extent), and again one turn earlier, where the pixel may begin.
  for (const double lo : {begin, begin - period}) {
    const double hi = lo + interval.width;
    if (hi <= axis.lo() || lo >= axis.hi()) continue;
    for (std::size_t bin = axis.bin_of(std::max(lo, axis.lo())); bin < axis.size() && axis.edge(bin) < hi; ++bin) {
      const double part = std::min(hi, axis.edge(bin + 1)) - std::max(lo, axis.edge(bin));
      if (part > 0) out.push_back({bin, part / interval.width});
    }
  }
}

}  // namespace annulus
