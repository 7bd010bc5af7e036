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
  for (auto* values : {&lo_, &hi_, &edge_, &next_, &zeros_}) values->resize(cols);
  bins_.resize(cols);
  if (grid_.period > 0) {
    std::ranges::fill(out_.lower, DividedRow::divided);
  } else if (radial.half_width.empty()) {
    place_points(radial.centre);
  } else {
    place_radially(radial);
  }
  if (azimuth_) place_around(azimuth);
  if (!leave_out(mask_.subspan(row * cols, cols), out_)) return out_;
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

/// Pixels are in one bin, or outside; their parts in a second one are and stay 0.
void Boxes::place_points(std::span<const double> centres) {
  const BinAxis& axis = grid_.radial;
  axis.bins_of(centres, bins_);
  const double begin = axis.lo(), end = axis.hi();
  const double* const centre = centres.data();
  const std::uint32_t* const bins = bins_.data();
  std::uint32_t* const lower = out_.lower.data();
  for (std::size_t col = 0; col < centres.size(); ++col) {
    lower[col] = (centre[col] >= begin) & (centre[col] < end) ? bins[col] : DividedRow::outside;
  }
}

/// The pixels that are in one or two bins, or in none.
void Boxes::place_radially(const CoordinateRow& radial) {
  const BinAxis& axis = grid_.radial;
  const std::size_t cols = radial.centre.size();
  const double* const centre = radial.centre.data();
  const double* const half_width = radial.half_width.data();
  double* const lo = lo_.data();
  double* const hi = hi_.data();
  for (std::size_t col = 0; col < cols; ++col) {
    lo[col] = centre[col] - half_width[col];
    hi[col] = centre[col] + half_width[col];
  }
  axis.bins_of(lo_, bins_);
  const std::uint32_t* const bins = bins_.data();
  const double* const edges = axis.edges().data();
  const auto last = static_cast<std::uint32_t>(axis.size());
  double* const edge = edge_.data();
  double* const next = next_.data();
  for (std::size_t col = 0; col < cols; ++col) {
    edge[col] = edges[bins[col] + 1];
    next[col] = edges[std::min(bins[col] + 2, last)];
  }
  double* const upper = out_.upper.data();
  for (std::size_t col = 0; col < cols; ++col) {
    const double part = (hi[col] - edge[col]) / (hi[col] - lo[col]);
    upper[col] = hi[col] > edge[col] ? part : 0;
  }
  const double begin = axis.lo(), end = axis.hi(), least = std::max(begin, grid_.lowest);
  std::uint32_t* const lower = out_.lower.data();
  for (std::size_t col = 0; col < cols; ++col) {
    const bool is_outside = (hi[col] < begin) | (lo[col] >= end);
    const bool is_simple = (lo[col] >= least) & (hi[col] <= end) & (hi[col] <= next[col]);
    const std::uint32_t bin = is_simple ? bins[col] : DividedRow::divided;
    lower[col] = is_outside ? DividedRow::outside : bin;
  }
}

/// Carries pixels that are in one azimuthal bin there.
void Boxes::place_around(const CoordinateRow& azimuth) {
  const BinAxis& axis = grid_.around;
  const std::size_t cols = azimuth.centre.size();
  const double* const centre = azimuth.centre.data();
  const double* const half_width = azimuth.half_width.empty() ? zeros_.data() : azimuth.half_width.data();
  double* const lo = lo_.data();
  double* const hi = hi_.data();
  const double start = grid_.start, end = axis.hi();
  for (std::size_t col = 0; col < cols; ++col) {
    lo[col] = turned_from(0, centre[col] - half_width[col] - start, 360);
    hi[col] = lo[col] + 2 * half_width[col];
  }
  axis.bins_of(lo_, bins_);
  const std::uint32_t* const bins = bins_.data();
  const double* const edges = axis.edges().data();
  std::uint32_t* const lower = out_.lower.data();
  const auto row = static_cast<std::uint32_t>(grid_.radial.size());
  for (std::size_t col = 0; col < cols; ++col) {
    const bool is_outside = (lower[col] == DividedRow::outside) | ((lo[col] >= end) & (hi[col] <= 360));
    const bool is_inside = (lo[col] < end) & (hi[col] <= edges[bins[col] + 1]) & (lower[col] != DividedRow::divided);
    const std::uint32_t bin = is_inside ? lower[col] + row * bins[col] : DividedRow::divided;
    lower[col] = is_outside ? DividedRow::outside : bin;
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
