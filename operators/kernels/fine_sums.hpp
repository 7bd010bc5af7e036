// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "operators/kernels/large_vector.hpp"
#include "operators/kernels/plan.hpp"
#include "operators/kernels/plan_sums.hpp"

namespace annulus {

/// Signal and variance of one bin in whole numbers.
struct FineSum {
  std::int64_t signal = 0;    ///< [1 / signal_unit]
  std::int64_t variance = 0;  ///< [1 / variance_unit]
};
constexpr std::int64_t signal_unit = std::int64_t{part_unit} * rest_unit;
constexpr std::int64_t variance_unit = std::int64_t{part_unit} * part_unit;

/// The sums of some tiles of one frame, bin by bin, for geometries of many bins: they take a quarter of the memory that
/// the rows of PlanSums do. A digit of a lane becomes whole numbers for itself, the variance rounded and not negative;
/// lanes depend on the plan alone, and so the sums depend on no order.
///
/// Digits 0 and 1 of the pixels are added up in one bank, the others (counts of 262,144 and more) in another: 64 bits
/// are enough for bins of most_pixels.
class FineSums final {
 public:
  static constexpr std::size_t most_pixels = 8192;
  static constexpr int low_bits = 2 * digit_bits;  ///< of pixels, which are in the first bank

  /// `bins`: 0 for no sums at all.
  explicit FineSums(std::size_t bins)
      : bins_(static_cast<std::uint32_t>(bins)), banks_{Bank(bins + 1, FineSum()), Bank()}, used_(bins / block + 1) {}

  /// For the kernels: where a digit is added up, in multiples of 2^shift(digit).
  struct Place {
    FineSum* sums;
    std::uint8_t* used;
    std::uint32_t bins;

    /// What belongs to no bin goes behind the last one.
    [[nodiscard]] FineSum* of(std::uint32_t bin) const { return sums + (bin < bins ? bin : bins); }
    /// To be called before something is added to the bins of a row.
    void use(const PlanRow& row) const {
      const std::uint32_t bin = row.lower < row.upper ? row.lower : row.upper;
      used[(bin < bins ? bin : bins) / block] = 1;
    }
    static constexpr std::uint32_t block = 1024;
  };
  [[nodiscard]] Place place_of(int digit);
  [[nodiscard]] static constexpr int shift(int digit) { return digit % 2 * digit_bits; }

  /// In plain C++: adds the sums of a lane's digits to the bins of its row, or those of any integers.
  void add_digit(const PlanRow& row, const RowSums& sum, bool divided, int digit);
  void add_any(const PlanRow& row, const RowSums& sum, bool divided);

  /// Writes the bins first <= i < last of all `parts` of a frame together to `signal` [counts] and, unless it is null,
  /// `variance`.
  static void fold(std::span<const FineSums* const> parts, std::size_t first, std::size_t last, double* signal,
                   double* variance);
  void clear();

 private:
  using Bank = LargeVector<FineSum>;
  static constexpr std::size_t block = Place::block;  ///< bins of which is known whether anything was added

  /// Whether anything was added to a bin of that block.
  [[nodiscard]] bool is_used(std::size_t number) const {
    return used_[number] != 0 || (number > 0 && used_[number - 1] != 0);
  }

  std::uint32_t bins_;
  std::array<Bank, 2> banks_;       ///< (bins + 1); the second one is made when it is needed
  std::vector<std::uint8_t> used_;  ///< by block: something was added to a bin of it, or perhaps to the one behind
  bool high_used_ = false;          ///< something was added to the second bank
};

}  // namespace annulus
