// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/bin_axis.hpp"

#include <algorithm>
#include <cmath>

namespace annulus {

BinAxis::BinAxis(const Range& range, std::size_t count, Spacing spacing) : edges_(count + 1) {
  const double lo = spacing == Spacing::linear ? range.lo : std::log(range.lo);
  const double hi = spacing == Spacing::linear ? range.hi : std::log(range.hi);
  const double width = (hi - lo) / static_cast<double>(count);
  for (std::size_t i = 0; i <= count; ++i) {
    const double edge = lo + width * static_cast<double>(i);
    edges_[i] = spacing == Spacing::linear ? edge : std::exp(edge);
  }
  edges_.front() = range.lo;
  edges_.back() = range.hi;
  if (spacing == Spacing::linear) per_unit_ = 1 / width;
}

std::size_t BinAxis::search(double x) const {
  return static_cast<std::size_t>(std::ranges::upper_bound(edges_, x) - edges_.begin()) - 1;
}

void BinAxis::bins_of(std::span<const double> x, std::span<std::uint32_t> out) const {
  const double* const edges = edges_.data();
  const double* const from = x.data();
  std::uint32_t* const bins = out.first(x.size()).data();
  const auto last = static_cast<std::uint32_t>(size() - 1);
  if (per_unit_ == 0) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      bins[i] = from[i] >= lo() && from[i] < hi() ? static_cast<std::uint32_t>(search(from[i]))
                : from[i] < lo()                  ? 0
                                                  : last;
    }
    return;
  }
  const double first_edge = lo(), per_unit = per_unit_, most = last;
  for (std::size_t i = 0; i < x.size(); ++i) {
    double bin = (from[i] - first_edge) * per_unit;
    bin = bin > 0 ? bin : 0;
    bin = bin < most ? bin : most;
    bins[i] = static_cast<std::uint32_t>(static_cast<std::int32_t>(bin));
  }
  // Rounding may have led to a neighbour.
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::uint32_t bin = bins[i];
    const auto before = static_cast<std::uint32_t>(from[i] < edges[bin]) & static_cast<std::uint32_t>(bin > 0);
    const auto after = static_cast<std::uint32_t>(from[i] >= edges[bin + 1]) & static_cast<std::uint32_t>(bin < last);
    bins[i] = bin - before + after;
  }
}

}  // namespace annulus
