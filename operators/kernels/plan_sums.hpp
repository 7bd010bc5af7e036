// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "operators/kernels/plan.hpp"

namespace annulus {

/// What is summed for every row of a Plan.
enum class Wanted : std::uint8_t {
  counts,  ///< pixels lie in one bin each: count, zeros
  signal,  ///< no errors: count, tilt
  all,
};

/// So many frames are summed side by side.
constexpr std::size_t frames_together = 16;

/// Integers that stand for no measurement, first <= v <= last; none when last < first.
struct BadRange {
  std::int64_t first = 0;
  std::int64_t last = -1;
};

/// Sums over the entries of a row; v is a pixel's value or, where that is less than 1, 1 (its variance by Poisson);
/// p its part minus half_unit. All are whole numbers, so that they depend on no order, no thread and no processor.
struct RowSums {
  std::int64_t count = 0;       ///< sum of v
  std::int64_t tilt = 0;        ///< sum of p v
  std::int64_t squares = 0;     ///< sum of (p^2 / 2^15, rounded) v
  std::int64_t tilt_zeros = 0;  ///< sum of p (v - value)
  friend bool operator==(const RowSums&, const RowSums&) = default;
};

/// The sums of one frame or of several, row by row.
class PlanSums final {
 public:
  /// `frames`: 1, or up to frames_together.
  PlanSums(const Plan& plan, std::size_t frames);

  void clear();
  void add_to(std::size_t row, std::size_t frame, const RowSums& more, std::int64_t more_zeros);
  /// Adds what another has summed over other blocks of the same frames.
  void add(const PlanSums& other);

  [[nodiscard]] std::size_t frames() const noexcept { return frames_; }
  [[nodiscard]] RowSums row(std::size_t row, std::size_t frame = 0) const;
  /// Sum of v - value: the number of zeros, where nothing is negative.
  [[nodiscard]] std::int64_t zeros(std::size_t row, std::size_t frame = 0) const;

  /// For the kernels. One frame: RowSums by row, and zeros by row. Several: five times frames_together numbers by row.
  [[nodiscard]] std::int64_t* data() noexcept { return lines_.front().data(); }
  [[nodiscard]] std::int64_t* zeros_data() noexcept { return zeros_.data(); }

 private:
  struct alignas(64) Line : std::array<std::int64_t, 8> {};

  std::size_t frames_;
  std::vector<Line> lines_;
  std::vector<std::int64_t> zeros_;
};

}  // namespace annulus
