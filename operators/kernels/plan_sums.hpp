// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "operators/kernels/plan.hpp"

namespace annulus {

/// What is summed for every row of a Plan: the first so many numbers of RowSums.
enum class Wanted : std::uint8_t {
  counts = 2,  ///< pixels lie in one bin each
  signal = 4,  ///< no errors
  all = 8,
};

/// Pixels are taken by digits of so many bits.
constexpr int digit_bits = 9;

/// So many frames are summed side by side.
constexpr std::size_t frames_together = 16;

/// Integers that stand for no measurement, first <= v <= last; none when last < first.
struct BadRange {
  std::int64_t first = 0;
  std::int64_t last = -1;
};

/// Sums over the entries of a row; v is a pixel's value or, where that is less than 1, 1 (its variance by Poisson);
/// p its part minus half_unit, r its rest. All are whole numbers, so that they depend on no order, no thread and no
/// processor. Without errors, tilt and tilt_rest are sums of value in place of v.
struct RowSums {
  std::int64_t count = 0;            ///< sum of v
  std::int64_t zeros = 0;            ///< sum of v - value: the number of zeros, where nothing is negative
  std::int64_t tilt = 0;             ///< sum of p v
  std::int64_t tilt_rest = 0;        ///< sum of r v
  std::int64_t tilt_zeros = 0;       ///< sum of p (v - value)
  std::int64_t tilt_zeros_rest = 0;  ///< sum of r (v - value)
  std::int64_t squares = 0;          ///< sum of s v; s = p^2 / 2^15, rounded
  std::int64_t squares_rest = 0;     ///< sum of (floor((p^2 - 2^15 s) / 2) + floor(p r / 2^16)) v
  using Numbers = std::array<std::int64_t, 8>;
  [[nodiscard]] Numbers numbers() const {
    return {count, zeros, tilt, tilt_rest, tilt_zeros, tilt_zeros_rest, squares, squares_rest};
  }
  static RowSums of(const Numbers& n) { return {n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7]}; }
  friend bool operator==(const RowSums&, const RowSums&) = default;
  RowSums& operator+=(const RowSums& other) {
    count += other.count;
    zeros += other.zeros;
    tilt += other.tilt;
    tilt_rest += other.tilt_rest;
    tilt_zeros += other.tilt_zeros;
    tilt_zeros_rest += other.tilt_zeros_rest;
    squares += other.squares;
    squares_rest += other.squares_rest;
    return *this;
  }
};

/// The sums of one frame or of several, row by row.
class PlanSums final {
 public:
  /// `frames`: 1, or up to frames_together; 0 for no sums at all.
  PlanSums(const Plan& plan, Wanted wanted, std::size_t frames);

  void clear();
  void add_to(std::size_t row, std::size_t frame, const RowSums& more);
  /// Numbers that are not wanted are 0.
  [[nodiscard]] RowSums row(std::size_t row, std::size_t frame = 0) const {
    const std::int64_t* at = lines_.front().data() + numbers_ * stride_ * row + frame;
    const auto number = [&](std::size_t k) { return k < numbers_ ? at[k * stride_] : 0; };
    return {number(0), number(1), number(2), number(3), number(4), number(5), number(6), number(7)};
  }

  /// For the kernels: row by row the wanted numbers, each of one frame or of frames_together.
  [[nodiscard]] std::int64_t* data() noexcept { return lines_.front().data(); }

 private:
  struct alignas(64) Line : std::array<std::int64_t, 8> {};

  std::size_t numbers_;
  std::size_t stride_;  ///< from one number of a row to the next
  std::vector<Line> lines_;
};

}  // namespace annulus
