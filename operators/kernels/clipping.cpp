// SPDX-License-Identifier: BSD-3-Clause
// Compiled once for each instruction set (Highway); the processor's best one is chosen when the program runs. Compiled
// without fused multiply-add, which not every processor has: it rounds differently.
#include "operators/kernels/clipping.hpp"

#include <cstddef>

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

ClippedSums divide_and_sum(double* x, const double* n, std::size_t size) {
  Sum sum_n, sum_s;
  std::size_t count = 0;
  for (std::size_t k = 0; k < size; k += 8) {
    HWY_UNROLL(8)
    for (std::size_t i = 0; i < parts; ++i) {
      const auto s = hn::LoadU(doubles, x + k + i * width);
      const auto norm = hn::LoadU(doubles, n + k + i * width);
      const auto ratio = hn::Div(s, norm);
      hn::StoreU(ratio, doubles, x + k + i * width);
      const auto valid = hn::Eq(ratio, ratio);
      sum_s.add(i, hn::IfThenElseZero(valid, s));
      sum_n.add(i, hn::IfThenElseZero(valid, norm));
      count += hn::CountTrue(doubles, valid);
    }
  }
  return {.n = sum_n.total(), .ny = sum_s.total(), .count = count};
}

template <bool with_variance>
HWY_INLINE ClippedSums sum(const double* x, const double* n, const double* v, std::size_t size, double lo, double hi,
                           double offset) {
  Sum sum_n, sum_n2, sum_ny, sum_n2y, sum_n2y2, sum_v;
  std::size_t count = 0;
  const auto least = hn::Set(doubles, lo);
  const auto most = hn::Set(doubles, hi);
  const auto shift = hn::Set(doubles, offset);
  for (std::size_t k = 0; k < size; k += 8) {
    HWY_UNROLL(8)
    for (std::size_t i = 0; i < parts; ++i) {
      const auto value = hn::LoadU(doubles, x + k + i * width);
      const auto kept = hn::And(hn::Ge(value, least), hn::Le(value, most));
      const auto norm = hn::IfThenElseZero(kept, hn::LoadU(doubles, n + k + i * width));
      const auto y = hn::IfThenElseZero(kept, hn::Sub(value, shift));
      const auto ny = hn::Mul(norm, y);
      sum_n.add(i, norm);
      sum_n2.add(i, hn::Mul(norm, norm));
      sum_ny.add(i, ny);
      if constexpr (with_variance) {
        sum_v.add(i, hn::IfThenElseZero(kept, hn::LoadU(doubles, v + k + i * width)));
      } else {
        sum_n2y.add(i, hn::Mul(norm, ny));
        sum_n2y2.add(i, hn::Mul(ny, ny));
      }
      count += hn::CountTrue(doubles, kept);
    }
  }
  return {sum_n.total(), sum_n2.total(), sum_ny.total(), sum_n2y.total(), sum_n2y2.total(), sum_v.total(), count};
}

ClippedSums clipped_sums(const double* x, const double* n, const double* v, std::size_t size, double lo, double hi,
                         double offset) {
  return v == nullptr ? sum<false>(x, n, v, size, lo, hi, offset) : sum<true>(x, n, v, size, lo, hi, offset);
}

}  // namespace annulus::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace annulus {
namespace {

HWY_EXPORT(divide_and_sum);
HWY_EXPORT(clipped_sums);

}  // namespace

ClippedSums divide_and_sum(std::span<double> x, std::span<const double> n) {
  return HWY_DYNAMIC_DISPATCH(divide_and_sum)(x.data(), n.data(), x.size());
}

ClippedSums clipped_sums(std::span<const double> x, std::span<const double> n, std::span<const double> v, double lo,
                         double hi, double offset) {
  return HWY_DYNAMIC_DISPATCH(clipped_sums)(x.data(), n.data(), v.empty() ? nullptr : v.data(), x.size(), lo, hi,
                                            offset);
}

}  // namespace annulus
#endif
