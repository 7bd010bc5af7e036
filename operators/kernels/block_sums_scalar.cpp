// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <vector>

#include "operators/data/array.hpp"

#include "operators/kernels/block_sums.hpp"

namespace annulus {
namespace {

/// A pixel's value for the sums, and what it has more than was measured.
struct Pixel {
  std::int64_t value = 0;
  std::int64_t excess = 0;
};

std::vector<Pixel> pixels_of(DType dtype, const std::byte* bytes, std::size_t count, const BadRange& bad) {
  std::vector<Pixel> pixels(block_pixels + 1);
  visit_dtype(dtype, [&](auto tag) {
    using T = decltype(tag);
    if constexpr (std::is_integral_v<T>) {
      const Elements<T> values(bytes, count);
      for (std::size_t i = 0; i < count; ++i) {
        const auto measured = static_cast<std::int64_t>(values[i]);
        if (measured >= bad.first && measured <= bad.last) continue;
        const std::int64_t value = std::max<std::int64_t>(measured, 1);
        pixels[i] = {value, value - measured};
      }
    }
  });
  return pixels;
}

/// Adds a block of which pixel(place) tells value and excess, times 2^shift.
template <class F>
void add(const Plan& plan, std::size_t block, std::size_t frame, int shift, PlanSums& sums, const F& pixel) {
  const std::int64_t scale = std::int64_t{1} << shift;
  for (const PlanSlice& slice : plan.slices(block)) {
    for (std::size_t lane = 0; lane < plan_lanes; ++lane) {
      RowSums row;
      std::int64_t zeros = 0;
      for (std::size_t k = lane; k < plan_lanes * slice.steps; k += plan_lanes) {
        for (const int half : {0, 16}) {
          const Pixel one = pixel(static_cast<std::uint16_t>(plan.places(slice)[k] >> half));
          const std::int64_t p = static_cast<std::int16_t>(plan.parts(slice)[k] >> half);
          row.count += one.value * scale;
          row.tilt += p * one.value * scale;
          row.squares += ((p * p + (1 << 14)) >> 15) * one.value * scale;
          row.tilt_zeros += p * one.excess;
          zeros += one.excess;
        }
      }
      sums.add_to(slice.rows[lane], frame, row, zeros);
    }
  }
}

}  // namespace

void add_block_scalar(const Plan& plan, std::size_t block, DType dtype, const std::byte* bytes, std::size_t count,
                      const BadRange& bad, std::size_t frame, PlanSums& sums) {
  const std::vector<Pixel> pixels = pixels_of(dtype, bytes, count, bad);
  add(plan, block, frame, 0, sums, [&](std::size_t place) { return pixels[place]; });
}

void add_digits_scalar(const Plan& plan, std::size_t block, const std::uint16_t* digits, int shift, std::size_t frame,
                       PlanSums& sums) {
  add(plan, block, frame, shift, sums, [&](std::size_t place) {
    const std::uint16_t both = digits[place];
    return Pixel{both & ~zero_flag, (both & zero_flag) != 0 ? 1 : 0};
  });
}

}  // namespace annulus
