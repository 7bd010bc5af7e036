// SPDX-License-Identifier: BSD-3-Clause
// Compiled once for each instruction set (Highway); the processor's best one is chosen when the program runs. Compiled
// without fused multiply-add, which not every processor has: it rounds differently.
#include "operators/kernels/clipping.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <type_traits>

// Vectors without a size at compile time cannot be kept in arrays; SSSE3 alone is of no use beside SSE4.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "operators/kernels/clipping.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace annulus::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Doubles = hn::CappedTag<double, 8>;
constexpr Doubles doubles;
constexpr std::size_t width = hn::MaxLanes(doubles);
constexpr std::size_t parts = 8 / width;  // vectors that make 8 lanes
constexpr std::size_t ahead = 512;        // of normalizations that are fetched, for the time that it takes
using Vector = hn::VFromD<Doubles>;

/// A sum in 8 interleaved parts.
struct Sum {
  Vector part[parts];

  HWY_INLINE Sum() {
    for (auto& p : part) p = hn::Zero(doubles);
  }
  HWY_INLINE void add(std::size_t i, Vector v) { part[i] = hn::Add(part[i], v); }
  HWY_INLINE double total() const {
    alignas(64) double lane[8];
    for (std::size_t i = 0; i < parts; ++i) hn::StoreU(part[i], doubles, lane + i * width);
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
  }
};

/// The least and the largest of 0 and what is added.
struct Extremes {
  Vector low[parts], high[parts];

  HWY_INLINE Extremes() {
    for (auto& part : low) part = hn::Zero(doubles);
    for (auto& part : high) part = hn::Zero(doubles);
  }
  HWY_INLINE void add(std::size_t i, Vector value) {
    low[i] = hn::Min(low[i], value);
    high[i] = hn::Max(high[i], value);
  }
  HWY_INLINE double lowest() const {
    Vector all = low[0];
    for (std::size_t i = 1; i < parts; ++i) all = hn::Min(all, low[i]);
    return hn::GetLane(hn::MinOfLanes(doubles, all));
  }
  HWY_INLINE double highest() const {
    Vector all = high[0];
    for (std::size_t i = 1; i < parts; ++i) all = hn::Max(all, high[i]);
    return hn::GetLane(hn::MaxOfLanes(doubles, all));
  }
};

HWY_INLINE Vector load(const double* from) { return hn::LoadU(doubles, from); }
HWY_INLINE Vector load(const std::uint16_t* from) {
  constexpr hn::Rebind<std::int32_t, Doubles> ints;
  constexpr hn::Rebind<std::uint16_t, Doubles> shorts;
  return hn::PromoteTo(doubles, hn::PromoteTo(ints, hn::LoadU(shorts, from)));
}

/// Sums with or without those of the scatter and the variance.
template <bool scatter, bool poisson, class T>
HWY_INLINE ClippedSums sum(const BinPixels<T>& pixels, BadCounts bad, double lo, double hi, double offset) {
  const double* const dark = pixels.dark.empty() ? nullptr : pixels.dark.data();
  const double* const dark_variance = pixels.dark_variance.empty() ? nullptr : pixels.dark_variance.data();
  Sum n, n2, ny, n2y, n2y2, v;
  Extremes extremes;
  std::size_t count = 0;
  const auto bad_lo = hn::Set(doubles, bad.lo);
  const auto bad_hi = hn::Set(doubles, bad.hi);
  const auto least = hn::Set(doubles, lo);
  const auto most = hn::Set(doubles, hi);
  const auto shift = hn::Set(doubles, offset);
  for (std::size_t k = 0; k < pixels.counts.size(); k += 8) {
    HWY_UNROLL(8)
    for (std::size_t i = 0; i < parts; ++i) {
      const std::size_t at = k + i * width;
      const auto counts = load(pixels.counts.data() + at);
      const auto given = load(pixels.normalization.data() + at);
      const auto signal = dark == nullptr ? counts : hn::Sub(counts, load(dark + at));
      // Of an empty place no comparison is true.
      auto kept = hn::And(hn::Ge(signal, hn::Mul(least, given)), hn::Le(signal, hn::Mul(most, given)));
      kept = hn::AndNot(hn::And(hn::Ge(counts, bad_lo), hn::Le(counts, bad_hi)), kept);
      if constexpr (std::is_floating_point_v<T>) kept = hn::And(kept, hn::IsFinite(counts));
      const auto norm = hn::IfThenElseZero(kept, given);
      const auto norm_y = hn::Sub(hn::IfThenElseZero(kept, signal), hn::Mul(shift, norm));
      n.add(i, norm);
      n2.add(i, hn::Mul(norm, norm));
      ny.add(i, norm_y);
      extremes.add(i, norm_y);
      if constexpr (scatter) {
        n2y.add(i, hn::Mul(norm, norm_y));
        n2y2.add(i, hn::Mul(norm_y, norm_y));
      }
      if constexpr (poisson) {
        auto variance = hn::Max(counts, hn::Set(doubles, 1));
        if (dark_variance != nullptr) variance = hn::Add(variance, load(dark_variance + at));
        v.add(i, hn::IfThenElseZero(kept, variance));
      }
      count += hn::CountTrue(doubles, kept);
    }
  }
  return {n.total(), n2.total(),        ny.total(),         n2y.total(), n2y2.total(),
          v.total(), extremes.lowest(), extremes.highest(), count};
}

template <class T>
HWY_INLINE ClippedSums sum(const BinPixels<T>& pixels, const Clipping& clipping, double lo, double hi, double offset) {
  if (!clipping.poisson) return sum<true, false>(pixels, clipping.bad, lo, hi, offset);
  return clipping.scatter ? sum<true, true>(pixels, clipping.bad, lo, hi, offset)
                          : sum<false, true>(pixels, clipping.bad, lo, hi, offset);
}

ClippedSums sums_of_doubles(const BinPixels<double>& pixels, const Clipping& clipping, double lo, double hi,
                            double offset) {
  return sum(pixels, clipping, lo, hi, offset);
}

ClippedSums sums_of_shorts(const BinPixels<std::uint16_t>& pixels, const Clipping& clipping, double lo, double hi,
                           double offset) {
  return sum(pixels, clipping, lo, hi, offset);
}

/// The sums beside those of normalizations.
template <bool scatter, bool poisson>
HWY_INLINE ClippedSums sum_all(const BinPixels<std::uint16_t>& pixels, double offset) {
  Sum ny, n2y, n2y2, v;
  Extremes extremes;
  const auto shift = hn::Set(doubles, offset);
  const auto add = [&](std::size_t i, Vector counts, Vector norm, Vector variance) HWY_ATTR {
    const auto norm_y = hn::Sub(counts, hn::Mul(shift, norm));
    ny.add(i, norm_y);
    extremes.add(i, norm_y);
    if constexpr (scatter) {
      n2y.add(i, hn::Mul(norm, norm_y));
      n2y2.add(i, hn::Mul(norm_y, norm_y));
    }
    if constexpr (poisson) v.add(i, variance);
  };
  const auto one = hn::Set(doubles, 1);
  const std::size_t size = pixels.counts.size();
  for (std::size_t k = 0; k + 8 < size; k += 8) {
    HWY_UNROLL(8)
    for (std::size_t i = 0; i < parts; ++i) {
      const auto counts = load(pixels.counts.data() + k + i * width);
      const double* const from = pixels.normalization.data() + k + i * width;
      __builtin_prefetch(from + ahead);
      add(i, counts, load(from), hn::Max(counts, one));
    }
  }
  for (std::size_t i = 0; i < parts && size > 0; ++i) {  // the last 8, some of which may be empty
    const auto counts = load(pixels.counts.data() + size - 8 + i * width);
    const auto norm = load(pixels.normalization.data() + size - 8 + i * width);
    const auto full = hn::Eq(norm, norm);
    add(i, hn::IfThenElseZero(full, counts), hn::IfThenElseZero(full, norm),
        hn::IfThenElseZero(full, hn::Max(counts, one)));
  }
  ClippedSums sums;
  sums.ny = ny.total();
  sums.n2y = n2y.total();
  sums.n2y2 = n2y2.total();
  sums.v = v.total();
  sums.lowest = extremes.lowest();
  sums.highest = extremes.highest();
  return sums;
}

ClippedSums sums_of_all_shorts(const BinPixels<std::uint16_t>& pixels, const Clipping& clipping, double offset) {
  if (!clipping.poisson) return sum_all<true, false>(pixels, offset);
  return clipping.scatter ? sum_all<true, true>(pixels, offset) : sum_all<false, true>(pixels, offset);
}

}  // namespace annulus::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace annulus {
namespace {

HWY_EXPORT(sums_of_doubles);
HWY_EXPORT(sums_of_shorts);
HWY_EXPORT(sums_of_all_shorts);

}  // namespace

BadCounts bad_counts(const std::optional<BadValue>& value) noexcept {
  if (!value) return {};
  return {value->value - value->delta, value->value + value->delta};
}

ClippedSums clipped_sums(const BinPixels<double>& pixels, const Clipping& clipping, double lo, double hi,
                         double offset) {
  return HWY_DYNAMIC_DISPATCH(sums_of_doubles)(pixels, clipping, lo, hi, offset);
}

ClippedSums clipped_sums(const BinPixels<std::uint16_t>& pixels, const Clipping& clipping, double lo, double hi,
                         double offset) {
  return HWY_DYNAMIC_DISPATCH(sums_of_shorts)(pixels, clipping, lo, hi, offset);
}

Normalizations sum_up(std::span<const double> normalization) noexcept {
  Normalizations all{.least = std::numeric_limits<double>::infinity()};
  for (const double n : normalization) {
    if (std::isnan(n)) continue;
    all.least = std::min(all.least, n);
    all.most = std::max(all.most, n);
    all.sum += n;
    all.sum_of_squares += n * n;
    ++all.count;
  }
  return all;
}

ClippedSums sums_of_all(const BinPixels<std::uint16_t>& pixels, const Normalizations& known, const Clipping& clipping,
                        double offset) {
  ClippedSums sums = HWY_DYNAMIC_DISPATCH(sums_of_all_shorts)(pixels, clipping, offset);
  sums.n = known.sum;
  sums.n2 = known.sum_of_squares;
  sums.count = known.count;
  return sums;
}

}  // namespace annulus
#endif
