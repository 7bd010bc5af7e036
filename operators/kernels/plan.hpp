// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "operators/kernels/divider.hpp"
#include "operators/kernels/large_vector.hpp"
#include "operators/kernels/tiling.hpp"

namespace annulus {

/// Parts of pixels are whole numbers of 1 / part_unit, and kept as part - part_unit / 2, which fits 16 bits with sign.
constexpr std::int32_t part_unit = 65534;
constexpr std::int32_t half_unit = part_unit / 2;
/// What rounding leaves of a part is kept in 16 more bits, in multiples of 1 / rest_unit of its unit.
constexpr std::int32_t rest_unit = 65536;

/// So many sums of bins are made side by side...
constexpr std::size_t plan_lanes = 16;
/// ... of at most so many entries each: the sums of 64 nine-bit numbers times 15 bits with sign fit 32 bits.
constexpr std::size_t longest_sum = 64;
/// A row of sums has at most so many entries: those of any 32-bit counts fit 63 bits.
constexpr std::size_t fullest_row = 32'736;

/// 16 sums of one tile side by side. A step of a lane takes two pixels side by side of the tile, or the first of them
/// alone. Sums that are shorter end in steps that take nothing.
struct PlanSlice {
  std::uint32_t first_step = 0;
  std::uint32_t steps = 0;
  std::array<std::uint32_t, plan_lanes> rows{};  ///< where the sums are to be added
};

/// Of a step, which is otherwise twice the place of its first pixel in the tile (tile_pixels for none): the second
/// pixel does not belong to the sum.
constexpr std::uint16_t alone_flag = 0x8000;

/// Where a row of sums belongs.
struct PlanRow {
  static constexpr std::uint32_t none = 0xFFFFFFFF;
  std::uint32_t lower = none;  ///< the bin that gets 1 - part of every pixel; none for parts of pixels over three bins
  std::uint32_t upper = none;  ///< the bin that gets the part
};

/// What a pixel gives to which bins, in whole numbers.
struct PlanPart {
  std::uint32_t lower = PlanRow::none;
  std::uint32_t upper = PlanRow::none;
  std::int32_t part = 0;  ///< of the upper bin, 0 to part_unit; the lower one, if any, has the remainder
  std::int32_t rest = 0;  ///< what the upper bin has more than `part`, and the lower one less [1 / rest_unit]
};

/// A pixel's part in the upper bin, as it was before it was rounded.
[[nodiscard]] constexpr double exact_part(const PlanPart& part) {
  return (part.part + static_cast<double>(part.rest) / rest_unit) / part_unit;
}

/// The tables by which images are integrated: for every pixel its bin and, where it lies in two, the part in the upper
/// one, in about 6 bytes (one when all pixels lie in one bin); sorted by bin within tiles of the image,
/// so that one load of a vector serves 16 bins and no sum waits for the one before it. Most pixels lie in one bin or in
/// two neighbours; others have an entry for each of their bins.
class Plan final {
 public:
  /// Asks `divider` for the fractions of all pixels, with up to `threads` threads; the result does not depend on them.
  Plan(const Divider& divider, std::size_t threads);

  [[nodiscard]] const Tiling& tiling() const noexcept { return tiling_; }
  [[nodiscard]] std::size_t bins() const noexcept { return bins_; }
  /// The most entries of a bin.
  [[nodiscard]] std::size_t fullest_bin() const noexcept { return fullest_bin_; }
  [[nodiscard]] std::span<const PlanSlice> slices(std::size_t tile) const {
    return std::span(slices_).subspan(first_slices_[tile], first_slices_[tile + 1] - first_slices_[tile]);
  }
  /// Of all slices of a tile.
  [[nodiscard]] std::size_t steps(std::size_t tile) const {
    const std::span<const PlanSlice> all = slices(tile);
    return all.empty() ? 0 : all.back().first_step + all.back().steps - all.front().first_step;
  }
  /// Per step and lane: twice a place, and alone_flag.
  [[nodiscard]] const std::uint16_t* places(const PlanSlice& slice) const {
    return places_.data() + plan_lanes * slice.first_step;
  }
  /// Per step and lane: two parts minus half_unit, the first in the lower half. Not there in an undivided plan.
  [[nodiscard]] const std::uint32_t* parts(const PlanSlice& slice) const {
    return parts_.data() + plan_lanes * slice.first_step;
  }
  /// Per step and lane: what rounding has left of two parts [1 / rest_unit], the first in the lower half. Not there in
  /// an undivided plan.
  [[nodiscard]] const std::uint32_t* rests(const PlanSlice& slice) const {
    return rests_.data() + plan_lanes * slice.first_step;
  }
  /// The last row receives the sums of lanes that are not used.
  [[nodiscard]] const std::vector<PlanRow>& rows() const noexcept { return rows_; }
  /// Whether every pixel lies in one bin.
  [[nodiscard]] bool is_undivided() const noexcept { return undivided_; }
  [[nodiscard]] std::size_t bytes() const noexcept;

 private:
  Tiling tiling_;
  std::size_t bins_ = 0;
  std::size_t fullest_bin_ = 0;
  bool undivided_ = true;
  LargeVector<std::uint16_t> places_;
  LargeVector<std::uint32_t> parts_;
  LargeVector<std::uint32_t> rests_;
  std::vector<PlanSlice> slices_;
  std::vector<std::uint32_t> first_slices_{0};
  std::vector<PlanRow> rows_;
};

/// Calls f(place in the tile, PlanPart) for every entry of a tile, always in the same order.
template <class F>
void for_each_entry(const Plan& plan, std::size_t tile, F&& f) {
  for (const PlanSlice& slice : plan.slices(tile)) {
    for (std::size_t lane = 0; lane < plan_lanes; ++lane) {
      const PlanRow& row = plan.rows()[slice.rows[lane]];
      for (std::size_t k = lane; k < plan_lanes * slice.steps; k += plan_lanes) {
        const std::uint16_t step = plan.places(slice)[k];
        const std::size_t first = (step & ~alone_flag) / 2;
        if (first == tile_pixels) continue;
        for (std::size_t second = 0; second < ((step & alone_flag) != 0 ? 1 : 2); ++second) {
          PlanPart part{row.lower, row.upper, 0, 0};
          if (!plan.is_undivided()) {
            part.part = static_cast<std::int16_t>(plan.parts(slice)[k] >> (16 * second)) + half_unit;
            part.rest = static_cast<std::int16_t>(plan.rests(slice)[k] >> (16 * second));
          }
          f(first + second, part);
        }
      }
    }
  }
}

/// Brings the fractions of a pixel to whole numbers, and appends them to `out`. They add up to the nearest whole number
/// of their sum, and to 1 exactly when that is within 1e-7 of 1.
void quantize(std::span<const Fraction> pixel, std::vector<PlanPart>& out);

}  // namespace annulus
