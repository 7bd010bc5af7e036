// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <utility>
#include <vector>

#include "operators/data/array.hpp"

#include "operators/kernels/tile_sums.hpp"

namespace annulus {
namespace {

/// A pixel's value for the sums, and what it has more than was measured.
struct Pixel {
  std::int64_t value = 0;
  std::int64_t excess = 0;
};

/// By place.
std::vector<Pixel> pixels_of(const TilePixels& tile, std::size_t pitch, const BadRange& bad) {
  std::vector<Pixel> pixels(tile_pixels + 2);
  visit_dtype(tile.dtype, [&](auto tag) {
    using T = decltype(tag);
    if constexpr (std::is_integral_v<T>) {
      for (std::size_t row = 0; row < tile.rows; ++row) {
        const Elements<T> values(tile.row(row), tile.cols);
        for (std::size_t col = 0; col < tile.cols; ++col) {
          const auto measured = static_cast<std::int64_t>(values[col]);
          if (measured >= bad.first && measured <= bad.last) continue;
          const std::int64_t value = std::max<std::int64_t>(measured, 1);
          pixels[row * pitch + col] = {value, value - measured};
        }
      }
    }
  });
  return pixels;
}

/// Calls f(row, sums of a lane) for a tile of which pixel(place) tells value and excess, times 2^shift.
template <class Pixels, class F>
void add(const Plan& plan, std::size_t tile, Wanted wanted, int shift, const Pixels& pixel, const F& f) {
  const std::int64_t scale = std::int64_t{1} << shift;
  const bool divided = !plan.is_undivided();
  for (const PlanSlice& slice : plan.slices(tile)) {
    for (std::size_t lane = 0; lane < plan_lanes; ++lane) {
      RowSums row;
      for (std::size_t k = lane; k < plan_lanes * slice.steps; k += plan_lanes) {
        const std::uint16_t place = plan.places(slice)[k];
        for (const int second : {0, 1}) {
          if (second > 0 && (place & alone_flag) != 0) break;
          const auto [v, excess] = pixel((place & ~alone_flag) / 2 + second);
          const std::int64_t p = divided ? static_cast<std::int16_t>(plan.parts(slice)[k] >> (16 * second)) : 0;
          const std::int64_t r = divided ? static_cast<std::int16_t>(plan.rests(slice)[k] >> (16 * second)) : 0;
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
        row.tilt -= std::exchange(row.tilt_zeros, 0);
        row.tilt_rest -= std::exchange(row.tilt_zeros_rest, 0);
      }
      f(slice.rows[lane], row);
    }
  }
}

auto into(PlanSums& sums, std::size_t frame) {
  return [&sums, frame](std::uint32_t row, const RowSums& sum) { sums.add_to(row, frame, sum); };
}

auto values_of(const TilePixels& pixels, const Plan& plan, const BadRange& bad) {
  return [of_places = pixels_of(pixels, plan.tiling().pitch(), bad)](std::size_t place) { return of_places[place]; };
}

Pixel value_of(std::uint16_t digit) { return {digit & ~zero_flag, (digit & zero_flag) != 0 ? 1 : 0}; }

auto values_of(const std::uint16_t* digits) {
  return [digits](std::size_t place) { return value_of(digits[place]); };
}

auto values_of(const std::uint16_t* digits, std::size_t frame) {
  return [digits, frame](std::size_t place) { return value_of(digits[digit_at(place, frame)]); };
}

}  // namespace

void add_tile_scalar(const Plan& plan, std::size_t tile, Wanted wanted, const TilePixels& pixels, const BadRange& bad,
                     PlanSums& sums, std::size_t frame) {
  add(plan, tile, wanted, 0, values_of(pixels, plan, bad), into(sums, frame));
}

void add_tile_scalar(const Plan& plan, std::size_t tile, Wanted wanted, const TilePixels& pixels, const BadRange& bad,
                     FineSums& sums) {
  add(plan, tile, wanted, 0, values_of(pixels, plan, bad),
      [&](std::uint32_t row, const RowSums& sum) { sums.add_any(plan.rows()[row], sum, !plan.is_undivided()); });
}

void add_digits_scalar(const Plan& plan, std::size_t tile, Wanted wanted, const std::uint16_t* digits, int digit,
                       PlanSums& sums) {
  add(plan, tile, wanted, digit_bits * digit, values_of(digits), into(sums, 0));
}

void add_digits_scalar(const Plan& plan, std::size_t tile, Wanted wanted, const std::uint16_t* digits, int digit,
                       std::size_t frame, PlanSums& sums) {
  add(plan, tile, wanted, digit_bits * digit, values_of(digits, frame), into(sums, frame));
}

void add_digits_scalar(const Plan& plan, std::size_t tile, Wanted wanted, const std::uint16_t* digits, int digit,
                       FineSums& sums) {
  add(plan, tile, wanted, 0, values_of(digits), [&](std::uint32_t row, const RowSums& sum) {
    sums.add_digit(plan.rows()[row], sum, !plan.is_undivided(), digit);
  });
}

}  // namespace annulus
