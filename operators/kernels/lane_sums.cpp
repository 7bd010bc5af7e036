// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/lane_sums.hpp"

#include <numeric>

namespace annulus {

LaneIndex::LaneIndex(const Plan& plan) {
  const std::vector<PlanRow>& rows = plan.rows();
  const std::size_t used = rows.size() - 1;
  const auto bin_of = [&](std::size_t row) {
    return rows[row].lower != PlanRow::none ? rows[row].lower : rows[row].upper;
  };
  first_rows_.resize(plan.bins() + 1);
  for (std::size_t row = 0; row < used; ++row) ++first_rows_[bin_of(row) + 1];
  std::partial_sum(first_rows_.begin(), first_rows_.end(), first_rows_.begin());
  std::vector<std::uint32_t> next(first_rows_.begin(), first_rows_.end() - 1);
  std::vector<std::uint32_t> place(used);  // of a row of the plan in this index
  rows_.resize(used);
  for (std::size_t row = 0; row < used; ++row) {
    place[row] = next[bin_of(row)]++;
    rows_[place[row]] = rows[row];
  }
  first_lanes_.resize(used + 1);
  const auto for_each_lane = [&](const auto& f) {
    std::uint32_t lane = 0;
    for (std::size_t tile = 0; tile < plan.tiling().tiles(); ++tile) {
      for (const PlanSlice& slice : plan.slices(tile)) {
        for (const std::uint32_t row : slice.rows) {
          if (row != used) f(place[row], lane);
          ++lane;
        }
      }
    }
    slices_ = lane / plan_lanes;
  };
  for_each_lane([&](std::uint32_t row, std::uint32_t) { ++first_lanes_[row + 1]; });
  std::partial_sum(first_lanes_.begin(), first_lanes_.end(), first_lanes_.begin());
  lanes_.resize(first_lanes_.back());
  next.assign(first_lanes_.begin(), first_lanes_.end() - 1);
  for_each_lane([&](std::uint32_t row, std::uint32_t lane) { lanes_[next[row]++] = lane; });
}

void LaneSums::set_digit(std::size_t slice, std::size_t lane, int digit, const RowSums& sum) {
  const RowSums::Numbers numbers = sum.numbers();
  std::int32_t* out = begin(slice, digit) + numbers_ * lane;
  for (std::size_t k = 0; k < numbers_; ++k) out[k] = static_cast<std::int32_t>(numbers[k]);
}

void LaneSums::set(std::size_t slice, std::size_t lane, const RowSums& sum) {
  RowSums::Numbers left = sum.numbers();
  for (int digit = 0; digit < most_digits; ++digit) {
    RowSums::Numbers taken = left;
    for (std::size_t k = 0; k < taken.size() && digit + 1 < most_digits; ++k) {
      taken[k] = left[k] & ((1 << digit_bits) - 1);
      left[k] >>= digit_bits;
    }
    set_digit(slice, lane, digit, RowSums::of(taken));
  }
}

}  // namespace annulus
