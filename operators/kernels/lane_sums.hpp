// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "operators/kernels/plan.hpp"
#include "operators/kernels/plan_sums.hpp"

namespace annulus {

/// The rows of a Plan in the order of their bins, with the lanes of slices that are added up in them. With many bins
/// most rows have one lane or two: those are written once, as they come, and brought together bin by bin.
class LaneIndex final {
 public:
  explicit LaneIndex(const Plan& plan);

  /// Of the rows whose lower bin it is, or whose only one.
  [[nodiscard]] std::size_t first_row(std::size_t bin) const { return first_rows_[bin]; }
  [[nodiscard]] const PlanRow& row(std::size_t k) const { return rows_[k]; }
  /// Of row k: slice * plan_lanes + lane, with slices counted through the whole plan.
  [[nodiscard]] std::span<const std::uint32_t> lanes(std::size_t k) const {
    return std::span(lanes_).subspan(first_lanes_[k], first_lanes_[k + 1] - first_lanes_[k]);
  }
  [[nodiscard]] std::size_t slices() const noexcept { return slices_; }

 private:
  std::size_t slices_ = 0;
  std::vector<std::uint32_t> first_rows_;
  std::vector<PlanRow> rows_;
  std::vector<std::uint32_t> first_lanes_;
  std::vector<std::uint32_t> lanes_;
};

/// The sums of one frame, lane by lane: RowSums of every digit of the pixels as 32-bit numbers. Not cleared between
/// frames, as every lane is written.
class LaneSums final {
 public:
  LaneSums(std::size_t slices, Wanted wanted)
      : numbers_(static_cast<std::size_t>(wanted)), slices_(slices), digits_(slices) {}

  /// For the kernels: room for the sums of a slice's `digit`, lane by lane the numbers that are wanted. From now on the
  /// slice has that many digits.
  std::int32_t* begin(std::size_t slice, int digit) {
    auto& sums = sums_[static_cast<std::size_t>(digit)];
    std::call_once(made_[static_cast<std::size_t>(digit)], [&] { sums.resize(slices_ * slice_numbers()); });
    digits_[slice] = static_cast<std::uint8_t>(digit + 1);
    return sums.data() + slice * slice_numbers();
  }
  /// Writes a lane of any value: its digits.
  void set(std::size_t slice, std::size_t lane, const RowSums& sum);
  /// Writes one digit of a lane.
  void set_digit(std::size_t slice, std::size_t lane, int digit, const RowSums& sum);

  /// At least one.
  [[nodiscard]] int digits(std::size_t slice) const { return digits_[slice]; }
  /// The sums of a digit, slice by slice and lane by lane.
  [[nodiscard]] const std::int32_t* digit(int digit) const { return sums_[static_cast<std::size_t>(digit)].data(); }

  static constexpr int most_digits = 4;  ///< of a 32-bit number

 private:
  [[nodiscard]] std::size_t slice_numbers() const { return plan_lanes * numbers_; }

  std::size_t numbers_;
  std::size_t slices_;
  std::array<std::vector<std::int32_t>, most_digits> sums_;
  std::array<std::once_flag, most_digits> made_;
  std::vector<std::uint8_t> digits_;
};

/// Adds the sums of a frame to the bins first <= i < last of `signal` and, unless it is null, `variance`; always in the
/// same order.
void fold_lanes(const LaneIndex& index, const LaneSums& sums, Wanted wanted, std::size_t first, std::size_t last,
                double* signal, double* variance);

}  // namespace annulus
