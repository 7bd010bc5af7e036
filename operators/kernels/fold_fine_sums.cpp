// SPDX-License-Identifier: BSD-3-Clause
// Compiled once for each instruction set (Highway); the processor's best one is chosen when the program runs.
#include <algorithm>
#include <vector>

#include "operators/kernels/fine_sums.hpp"

// Vectors without a size at compile time cannot be kept in arrays.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "operators/kernels/fold_fine_sums.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace annulus::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR

std::size_t fold_vectors(std::span<const FineSum* const>, std::size_t first, std::size_t, double*, double*) {
  return first;
}

#else

/// Whole vectors of the bins first <= i < last of `banks`; returns where they end.
std::size_t fold_vectors(std::span<const FineSum* const> banks, std::size_t first, std::size_t last, double* signal,
                         double* variance) {
  constexpr hn::CappedTag<double, 8> f64;
  constexpr hn::RebindToSigned<hn::CappedTag<double, 8> > i64;
  const auto signals = hn::Set(f64, static_cast<double>(signal_unit));
  const auto variances = hn::Set(f64, static_cast<double>(variance_unit));
  std::size_t i = first;
  for (; i + hn::MaxLanes(f64) <= last; i += hn::MaxLanes(f64)) {
    auto signal_sum = hn::Zero(i64);
    auto variance_sum = hn::Zero(i64);
    for (const FineSum* bank : banks) {
      auto more = hn::Zero(i64);
      auto more_variance = hn::Zero(i64);
      hn::LoadInterleaved2(i64, &bank[i].signal, more, more_variance);
      signal_sum = hn::Add(signal_sum, more);
      variance_sum = hn::Add(variance_sum, more_variance);
    }
    hn::StoreU(hn::Div(hn::ConvertTo(f64, signal_sum), signals), f64, signal + i);
    if (variance != nullptr) hn::StoreU(hn::Div(hn::ConvertTo(f64, variance_sum), variances), f64, variance + i);
  }
  return i;
}

#endif

}  // namespace annulus::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace annulus {

HWY_EXPORT(fold_vectors);

namespace {

__extension__ using Wide = __int128;

/// The same one bin after the other, with higher banks, too.
void fold_numbers(std::span<const FineSum* const> low, std::span<const FineSum* const> high, std::size_t first,
                  std::size_t last, double* signal, double* variance) {
  const auto total = [&](std::size_t i, std::int64_t FineSum::* number) {
    Wide sum = 0;
    for (const FineSum* bank : high) sum += bank[i].*number;
    sum <<= FineSums::low_bits;
    for (const FineSum* bank : low) sum += bank[i].*number;
    return static_cast<double>(sum);
  };
  for (std::size_t i = first; i < last; ++i) {
    signal[i] = total(i, &FineSum::signal) / static_cast<double>(signal_unit);
    if (variance != nullptr) variance[i] = total(i, &FineSum::variance) / static_cast<double>(variance_unit);
  }
}

}  // namespace

void FineSums::fold(std::span<const FineSums* const> parts, std::size_t first, std::size_t last, double* signal,
                    double* variance) {
  std::vector<const FineSum*> low;
  std::vector<const FineSum*> high;
  while (first < last) {
    const std::size_t number = first / block;
    const std::size_t end = std::min(last, (number + 1) * block);
    low.clear();
    high.clear();
    for (const FineSums* part : parts) {
      if (!part->is_used(number)) continue;
      low.push_back(part->banks_[0].data());
      if (part->high_used_) high.push_back(part->banks_[1].data());
    }
    if (high.empty()) first = HWY_DYNAMIC_DISPATCH(fold_vectors)(low, first, end, signal, variance);
    fold_numbers(low, high, first, end, signal, variance);
    first = end;
  }
}

}  // namespace annulus
#endif
