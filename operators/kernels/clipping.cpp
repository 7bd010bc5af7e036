// SPDX-License-Identifier: BSD-3-Clause
// Compiled once for each instruction set (Highway); the processor's best one is chosen when the program runs. Compiled
// without fused multiply-add, which not every processor has: it rounds differently.
#include "operators/kernels/clipping.hpp"

#include <cstddef>
#include <limits>

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
using Vector = hn::VFromD<Doubles>;
constexpr double infinity = std::numeric_limits<double>::infinity();

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

/// The least and the largest in 8 interleaved parts; of none, infinite.
struct Extremes {
  Vector low[parts], high[parts];

  HWY_INLINE Extremes() {
    for (auto& part : low) part = hn::Set(doubles, infinity);
    for (auto& part : high) part = hn::Set(doubles, -infinity);
  }
  template <class Mask>
  HWY_INLINE void add(std::size_t i, Vector value, Mask counted) {
    low[i] = hn::Min(low[i], hn::IfThenElse(counted, value, low[i]));
    high[i] = hn::Max(high[i], hn::IfThenElse(counted, value, high[i]));
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

/// The pixels of one bin, from which 8 are taken at a time.
class Pixels {
 public:
  HWY_INLINE Pixels(const BinPixels& p, BadCounts bad)
      : counts_(p.counts.data()),
        n_(p.normalization.data()),
        dark_(p.dark.empty() ? nullptr : p.dark.data()),
        dark_variance_(p.dark_variance.empty() ? nullptr : p.dark_variance.data()),
        bad_lo_(hn::Set(doubles, bad.lo)),
        bad_hi_(hn::Set(doubles, bad.hi)) {}

  HWY_INLINE Vector normalization(std::size_t k) const { return hn::LoadU(doubles, n_ + k); }

  HWY_INLINE Vector intensity(std::size_t k) const {
    const auto counts = hn::LoadU(doubles, counts_ + k);
    const auto good = hn::AndNot(hn::And(hn::Ge(counts, bad_lo_), hn::Le(counts, bad_hi_)), hn::IsFinite(counts));
    const auto signal = dark_ == nullptr ? counts : hn::Sub(counts, hn::LoadU(doubles, dark_ + k));
    return hn::IfThenElse(good, hn::Div(signal, normalization(k)), hn::NaN(doubles));
  }

  HWY_INLINE Vector variance(std::size_t k) const {
    const auto poisson = hn::Max(hn::LoadU(doubles, counts_ + k), hn::Set(doubles, 1));
    return dark_variance_ == nullptr ? poisson : hn::Add(poisson, hn::LoadU(doubles, dark_variance_ + k));
  }

 private:
  const double* counts_;
  const double* n_;
  const double* dark_;
  const double* dark_variance_;
  Vector bad_lo_, bad_hi_;
};

void write_intensities(const BinPixels& bin, BadCounts bad, double* x) {
  const Pixels pixels(bin, bad);
  for (std::size_t k = 0; k < bin.counts.size(); k += width) hn::StoreU(pixels.intensity(k), doubles, x + k);
}

/// Which of the sums are made, and whether x is written first.
template <bool writes, bool scatter, bool poisson>
HWY_INLINE ClippedSums sum(const BinPixels& bin, BadCounts bad, double* x, double lo, double hi, double offset) {
  const Pixels pixels(bin, bad);
  Sum n, n2, ny, n2y, n2y2, v;
  Extremes extremes;
  std::size_t count = 0;
  const auto least = hn::Set(doubles, lo);
  const auto most = hn::Set(doubles, hi);
  const auto shift = hn::Set(doubles, offset);
  for (std::size_t k = 0; k < bin.counts.size(); k += 8) {
    HWY_UNROLL(8)
    for (std::size_t i = 0; i < parts; ++i) {
      const std::size_t at = k + i * width;
      const auto value = writes ? pixels.intensity(at) : hn::LoadU(doubles, x + at);
      if constexpr (writes) hn::StoreU(value, doubles, x + at);
      const auto kept = hn::And(hn::Ge(value, least), hn::Le(value, most));
      const auto norm = hn::IfThenElseZero(kept, pixels.normalization(at));
      const auto y = hn::IfThenElseZero(kept, hn::Sub(value, shift));
      const auto norm_y = hn::Mul(norm, y);
      n.add(i, norm);
      n2.add(i, hn::Mul(norm, norm));
      ny.add(i, norm_y);
      if constexpr (scatter) {
        n2y.add(i, hn::Mul(norm, norm_y));
        n2y2.add(i, hn::Mul(norm_y, norm_y));
      }
      if constexpr (poisson) v.add(i, hn::IfThenElseZero(kept, pixels.variance(at)));
      extremes.add(i, value, kept);
      count += hn::CountTrue(doubles, kept);
    }
  }
  return {n.total(), n2.total(),        ny.total(),         n2y.total(), n2y2.total(),
          v.total(), extremes.lowest(), extremes.highest(), count};
}

template <bool writes>
HWY_INLINE ClippedSums sum(const BinPixels& bin, BadCounts bad, ClippedErrors errors, double* x, double lo, double hi,
                           double offset) {
  if (!errors.poisson) return sum<writes, true, false>(bin, bad, x, lo, hi, offset);
  return errors.scatter ? sum<writes, true, true>(bin, bad, x, lo, hi, offset)
                        : sum<writes, false, true>(bin, bad, x, lo, hi, offset);
}

ClippedSums write_and_sum(const BinPixels& bin, BadCounts bad, ClippedErrors errors, double offset, double* x) {
  return sum<true>(bin, bad, errors, x, -infinity, infinity, offset);
}

ClippedSums clipped_sums(const BinPixels& bin, const double* x, ClippedErrors errors, double lo, double hi,
                         double offset) {
  return sum<false>(bin, {}, errors, const_cast<double*>(x), lo, hi, offset);
}

}  // namespace annulus::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace annulus {
namespace {

HWY_EXPORT(write_intensities);
HWY_EXPORT(write_and_sum);
HWY_EXPORT(clipped_sums);

}  // namespace

BadCounts bad_counts(const std::optional<BadValue>& value) noexcept {
  if (!value) return {};
  return {value->value - value->delta, value->value + value->delta};
}

void write_intensities(const BinPixels& pixels, BadCounts bad, std::span<double> x) {
  HWY_DYNAMIC_DISPATCH(write_intensities)(pixels, bad, x.data());
}

ClippedSums write_and_sum(const BinPixels& pixels, BadCounts bad, ClippedErrors errors, double offset,
                          std::span<double> x) {
  return HWY_DYNAMIC_DISPATCH(write_and_sum)(pixels, bad, errors, offset, x.data());
}

ClippedSums clipped_sums(const BinPixels& pixels, std::span<const double> x, ClippedErrors errors, double lo, double hi,
                         double offset) {
  return HWY_DYNAMIC_DISPATCH(clipped_sums)(pixels, x.data(), errors, lo, hi, offset);
}

}  // namespace annulus
#endif
