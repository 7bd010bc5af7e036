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
  std::vector<Pixel> pixels(block_pixels + 2);
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
void add(const Plan& plan, std::size_t block, Wanted wanted, std::size_t frame, int shift, PlanSums& sums,
         const F& pixel) {
  const std::int64_t scale = std::int64_t{1} << shift;
  for (const PlanSlice& slice : plan.slices(block)) {
    for (std::size_t lane = 0; lane < plan_lanes; ++lane) {
      RowSums row;
      for (std::size_t k = lane; k < plan_lanes * slice.steps; k += plan_lanes) {
        const std::uint16_t place = plan.places(slice)[k];
        for (const int second : {0, 1}) {
          if (second > 0 && (place & alone_flag) != 0) break;
          const auto [v, excess] = pixel((place & ~alone_flag) / 2 + second);
          const std::int64_t p = static_cast<std::int16_t>(plan.parts(slice)[k] >> (16 * second));
          const std::int64_t r = static_cast<std::int16_t>(plan.rests(slice)[k] >> (16 * second));
          const std::int64_t square = (p * p + (1 << 14)) >> 15;
          const std::int64_t square_rest = ((p * p - (square << 15)) >> 1) + ((p * r) >> 16);
          row.count += v * scale;
          row.zeros += excess;
          row.tilt += p * v * scale;
          row.tilt_rest += r * v * scale;
          row.tilt_zeros += p * excess;
          row.tilt_zeros_rest += r * excess;
          row.squares += square * v * scale;
          row.squares_rest += square_rest * v * scale;
        }
      }
      if (wanted == Wanted::signal) {
        row.tilt -= row.tilt_zeros;
        row.tilt_rest -= row.tilt_zeros_rest;
      }
      sums.add_to(slice.rows[lane], frame, row);
    }
  }
}

}  // namespace

void add_block_scalar(const Plan& plan, std::size_t block, Wanted wanted, DType dtype, const std::byte* bytes,
                      std::size_t count, const BadRange& bad, std::size_t frame, PlanSums& sums) {
  const std::vector<Pixel> pixels = pixels_of(dtype, bytes, count, bad);
  add(plan, block, wanted, frame, 0, sums, [&](std::size_t place) { return pixels[place]; });
}

void add_digits_scalar(const Plan& plan, std::size_t block, Wanted wanted, const std::uint16_t* digits, int digit,
                       std::size_t frame, PlanSums& sums) {
  add(plan, block, wanted, frame, digit_bits * digit, sums, [&](std::size_t place) {
    const std::uint16_t both = digits[place];
    return Pixel{both & ~zero_flag, (both & zero_flag) != 0 ? 1 : 0};
  });
}

}  // namespace annulus
