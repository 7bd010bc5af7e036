// SPDX-License-Identifier: BSD-3-Clause
// Compiled once for each instruction set (Highway); the processor's best one is chosen when the program runs.
#include <algorithm>

#include "operators/kernels/lane_sums.hpp"
#include "operators/kernels/tile_sums.hpp"

// Vectors without a size at compile time cannot be kept in arrays.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "operators/kernels/fold_lanes.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace annulus::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// A row in every lane.
constexpr hn::CappedTag<double, 8> f64;
constexpr hn::Rebind<std::int64_t, hn::CappedTag<double, 8> > i64;
constexpr std::size_t rows_at_once = hn::MaxLanes(f64);
using F = hn::VFromD<hn::CappedTag<double, 8> >;
using I = hn::VFromD<hn::Rebind<std::int64_t, hn::CappedTag<double, 8> > >;

/// Adds up the lanes of a row, number by number.
template <std::size_t numbers>
HWY_INLINE void add_lanes(const LaneSums& sums, std::span<const std::uint32_t> lanes, std::int64_t* HWY_RESTRICT out) {
  constexpr hn::CappedTag<std::int64_t, numbers> d;
  constexpr hn::Rebind<std::int32_t, hn::CappedTag<std::int64_t, numbers> > half;
  for (std::size_t k = 0; k < numbers; k += hn::MaxLanes(d)) {
    const auto load = [&](std::uint32_t lane, int digit) HWY_ATTR {
      return hn::PromoteTo(d, hn::LoadU(half, sums.digit(digit) + numbers * lane + k));
    };
    auto sum = hn::Zero(d);
    for (const std::uint32_t lane : lanes) {
      sum = hn::Add(sum, load(lane, 0));
      for (int digit = 1; digit < sums.digits(lane / plan_lanes); ++digit) {
        sum = hn::Add(sum, hn::ShiftLeftSame(load(lane, digit), digit_bits * digit));
      }
    }
    hn::Store(sum, d, out + k);
  }
}

/// Brings the sums of a row near that comes soon: they lie anywhere.
template <std::size_t numbers>
HWY_INLINE void fetch(const LaneIndex& index, const LaneSums& sums, std::size_t row) {
  for (const std::uint32_t lane : index.lanes(row)) __builtin_prefetch(sums.digit(0) + numbers * lane);
}

/// What rows give to their bins.
struct Given {
  HWY_ALIGN double lower[rows_at_once];
  HWY_ALIGN double upper[rows_at_once];
  HWY_ALIGN double lower_variance[rows_at_once];
  HWY_ALIGN double upper_variance[rows_at_once];
};

/// As Engine::fold_row(). Of every row four numbers, and the other four.
HWY_INLINE void give(const std::int64_t* firsts, const std::int64_t* others, bool with_variance, Given& given) {
  I count, zeros, tilt, tilt_rest;
  hn::LoadInterleaved4(i64, firsts, count, zeros, tilt, tilt_rest);
  I tilt_zeros, tilt_zeros_rest, squares, squares_rest;
  hn::LoadInterleaved4(i64, others, tilt_zeros, tilt_zeros_rest, squares, squares_rest);
  const auto real = [](I v) HWY_ATTR { return hn::ConvertTo(f64, v); };
  const F per_unit = hn::Set(f64, 1.0 / part_unit);
  const F per_rest = hn::Set(f64, 1.0 / rest_unit);
  const I counts = hn::Sub(count, zeros);
  const I upper = hn::Add(hn::Sub(hn::ShiftLeft<15>(counts), counts), hn::Sub(tilt, tilt_zeros));
  const I lower = hn::Sub(hn::Sub(hn::ShiftLeft<16>(counts), hn::Add(counts, counts)), upper);
  const F rest = hn::Mul(real(hn::Sub(tilt_rest, tilt_zeros_rest)), per_rest);
  hn::Store(hn::Mul(hn::Sub(real(lower), rest), per_unit), f64, given.lower);
  hn::Store(hn::Mul(hn::Add(real(upper), rest), per_unit), f64, given.upper);
  if (!with_variance) return;
  const F all_squares =
      hn::Add(hn::Mul(hn::Set(f64, 32768), real(squares)), hn::Mul(hn::Set(f64, 2), real(squares_rest)));
  const F even = hn::Add(hn::Mul(hn::Set(f64, 0.25), real(count)), hn::Mul(hn::Mul(all_squares, per_unit), per_unit));
  const F odd = hn::Mul(hn::Add(real(tilt), hn::Mul(real(tilt_rest), per_rest)), per_unit);
  hn::Store(hn::Max(hn::Zero(f64), hn::Sub(even, odd)), f64, given.lower_variance);
  hn::Store(hn::Max(hn::Zero(f64), hn::Add(even, odd)), f64, given.upper_variance);
}
static_assert(part_unit == 65534 && half_unit == 32767);

/// Pixels in one bin each.
void fold_counts(const LaneIndex& index, const LaneSums& sums, std::size_t first, std::size_t last, double* signal,
                 double* variance) {
  for (std::size_t k = index.first_row(first); k < index.first_row(last); ++k) {
    HWY_ALIGN std::int64_t sum[2];
    add_lanes<2>(sums, index.lanes(k), sum);
    const std::uint32_t bin = index.row(k).lower;
    signal[bin] += static_cast<double>(sum[0] - sum[1]);
    if (variance != nullptr) variance[bin] += static_cast<double>(sum[0]);
  }
}

/// Pixels in two bins.
template <std::size_t numbers>
HWY_ATTR void fold_parts(const LaneIndex& index, const LaneSums& sums, std::size_t first, std::size_t last,
                         double* signal, double* variance) {
  constexpr std::size_t ahead = 32;
  HWY_ALIGN std::int64_t firsts[4 * rows_at_once] = {};
  HWY_ALIGN std::int64_t others[4 * rows_at_once] = {};
  Given given = {};
  const auto add = [&](std::uint32_t bin, double more, double more_variance) {
    if (bin < first || bin >= last) return;  // of the neighbour, or none
    signal[bin] += more;
    if (variance != nullptr) variance[bin] += more_variance;
  };
  // The last bin of those before gives to the first one.
  const std::size_t end = index.first_row(last);
  for (std::size_t k = index.first_row(first == 0 ? 0 : first - 1); k < end; k += rows_at_once) {
    const std::size_t rows = std::min(rows_at_once, end - k);
    for (std::size_t i = 0; i < rows && k + ahead + i < end; ++i) fetch<numbers>(index, sums, k + ahead + i);
    for (std::size_t i = 0; i < rows; ++i) {
      HWY_ALIGN std::int64_t sum[8] = {};
      add_lanes<numbers>(sums, index.lanes(k + i), sum);
      std::copy_n(sum, 4, firsts + 4 * i);
      std::copy_n(sum + 4, 4, others + 4 * i);
    }
    give(firsts, others, variance != nullptr, given);
    for (std::size_t i = 0; i < rows; ++i) {
      const PlanRow& row = index.row(k + i);
      add(row.lower, given.lower[i], given.lower_variance[i]);
      add(row.upper, given.upper[i], given.upper_variance[i]);
    }
  }
}

void fold(const LaneIndex& index, const LaneSums& sums, Wanted wanted, std::size_t first, std::size_t last,
          double* signal, double* variance) {
  switch (wanted) {
    case Wanted::counts: return fold_counts(index, sums, first, last, signal, variance);
    case Wanted::signal: return fold_parts<4>(index, sums, first, last, signal, variance);
    case Wanted::all: return fold_parts<8>(index, sums, first, last, signal, variance);
  }
}

}  // namespace annulus::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace annulus {

HWY_EXPORT(fold);

void fold_lanes(const LaneIndex& index, const LaneSums& sums, Wanted wanted, std::size_t first, std::size_t last,
                double* signal, double* variance) {
  HWY_DYNAMIC_DISPATCH(fold)(index, sums, wanted, first, last, signal, variance);
}

}  // namespace annulus
#endif
