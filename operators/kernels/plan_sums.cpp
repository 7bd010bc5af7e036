// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/plan_sums.hpp"

#include <algorithm>

namespace annulus {
namespace {

constexpr std::array<std::int64_t RowSums::*, 8> members{
    &RowSums::count,      &RowSums::zeros,           &RowSums::tilt,    &RowSums::tilt_rest,
    &RowSums::tilt_zeros, &RowSums::tilt_zeros_rest, &RowSums::squares, &RowSums::squares_rest};

}  // namespace

PlanSums::PlanSums(const Plan& plan, Wanted wanted, std::size_t frames)
    : numbers_(static_cast<std::size_t>(wanted)),
      stride_(frames == 1 ? 1 : frames_together),
      lines_((plan.rows().size() * numbers_ * stride_ + 7) / 8) {}

void PlanSums::clear() { std::ranges::fill(lines_, Line{}); }

void PlanSums::add_to(std::size_t row, std::size_t frame, const RowSums& more) {
  std::int64_t* at = data() + numbers_ * stride_ * row + frame;
  for (std::size_t k = 0; k < numbers_; ++k) at[k * stride_] += more.*members[k];
}

void PlanSums::add(const PlanSums& other) {
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    for (std::size_t k = 0; k < 8; ++k) lines_[i][k] += other.lines_[i][k];
  }
}

RowSums PlanSums::row(std::size_t row, std::size_t frame) const {
  const std::int64_t* at = lines_.front().data() + numbers_ * stride_ * row + frame;
  RowSums sums;
  for (std::size_t k = 0; k < numbers_; ++k) sums.*members[k] = at[k * stride_];
  return sums;
}

}  // namespace annulus
