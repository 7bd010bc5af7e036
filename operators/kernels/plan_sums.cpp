// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/plan_sums.hpp"

#include <algorithm>

namespace annulus {

PlanSums::PlanSums(const Plan& plan, Wanted wanted, std::size_t frames)
    : numbers_(static_cast<std::size_t>(wanted)),
      stride_(frames > 1 ? frames_together : frames),
      lines_((plan.rows().size() * numbers_ * stride_ + 7) / 8) {}

void PlanSums::clear() { std::ranges::fill(lines_, Line{}); }

void PlanSums::add_to(std::size_t row, std::size_t frame, const RowSums& more) {
  std::int64_t* at = data() + numbers_ * stride_ * row + frame;
  const RowSums::Numbers added = more.numbers();
  for (std::size_t k = 0; k < numbers_; ++k) at[k * stride_] += added[k];
}

}  // namespace annulus
