// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/plan_sums.hpp"

#include <algorithm>

namespace annulus {
namespace {

constexpr std::size_t numbers = 5;  // of a row, of each of several frames

std::size_t lines_for(std::size_t rows, std::size_t frames) {
  return frames == 1 ? (rows + 1) / 2 : rows * numbers * frames_together / 8;
}

}  // namespace

PlanSums::PlanSums(const Plan& plan, std::size_t frames)
    : frames_(frames), lines_(lines_for(plan.rows().size(), frames)), zeros_(frames == 1 ? plan.rows().size() : 0) {}

void PlanSums::clear() {
  std::ranges::fill(lines_, Line{});
  std::ranges::fill(zeros_, 0);
}

void PlanSums::add_to(std::size_t row, std::size_t frame, const RowSums& more, std::int64_t more_zeros) {
  const std::size_t stride = frames_ == 1 ? 1 : frames_together;
  std::int64_t* at = data() + (frames_ == 1 ? 4 * row : numbers * frames_together * row + frame);
  at[0] += more.count;
  at[stride] += more.tilt;
  at[2 * stride] += more.squares;
  at[3 * stride] += more.tilt_zeros;
  (frames_ == 1 ? zeros_[row] : at[4 * stride]) += more_zeros;
}

void PlanSums::add(const PlanSums& other) {
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    for (std::size_t k = 0; k < 8; ++k) lines_[i][k] += other.lines_[i][k];
  }
  for (std::size_t i = 0; i < zeros_.size(); ++i) zeros_[i] += other.zeros_[i];
}

RowSums PlanSums::row(std::size_t row, std::size_t frame) const {
  if (frames_ == 1) {
    const std::int64_t* at = lines_.front().data() + 4 * row;
    return {at[0], at[1], at[2], at[3]};
  }
  const std::int64_t* at = lines_.front().data() + numbers * frames_together * row + frame;
  return {at[0], at[frames_together], at[2 * frames_together], at[3 * frames_together]};
}

std::int64_t PlanSums::zeros(std::size_t row, std::size_t frame) const {
  if (frames_ == 1) return zeros_[row];
  return lines_.front().data()[(numbers * row + 4) * frames_together + frame];
}

}  // namespace annulus
