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

}  // namespace annulus
