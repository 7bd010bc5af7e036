// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "operators/kernels/division.hpp"

namespace annulus {

/// The pixels of a division in the order of their bins, for what needs all pixels of a bin at once. Within a bin they
/// keep their order. Every bin takes a multiple of `lanes` places; the last may be empty, with NaN for normalization.
class BinMajor final {
 public:
  static constexpr std::size_t lanes = 8;

  explicit BinMajor(const Division& division);

  [[nodiscard]] std::size_t bins() const noexcept { return first_.size() - 1; }
  /// Most places of a bin.
  [[nodiscard]] std::size_t largest() const noexcept { return largest_; }

  /// What lies at the places of a bin.
  struct Places {
    std::span<const std::uint32_t> pixel;
    std::span<const double> normalization;
    std::span<const double> part;           ///< empty: all 1
    std::span<const double> dark;           ///< empty without a dark
    std::span<const double> dark_variance;  ///< empty without one
  };
  [[nodiscard]] Places places(std::size_t bin) const noexcept;

  /// Whether every pixel lies in one bin.
  [[nodiscard]] bool is_whole() const noexcept { return part_.empty(); }

 private:
  std::vector<std::size_t> first_;  ///< (bins + 1) place of the first pixel of each bin
  std::size_t largest_ = 0;
  std::vector<std::uint32_t> pixel_;
  std::vector<double> normalization_;
  std::vector<double> part_;
  std::vector<double> dark_;
  std::vector<double> dark_variance_;
};

/// Writes counts - dark of every place of a bin to `out`, NaN where the image has no measurement.
void gather_signal(const Array& image, const BinMajor::Places& places, const std::optional<BadValue>& bad,
                   std::span<double> out);

/// Writes max(counts, 1) and the variance of the dark of every place to `out`; of bad pixels, anything.
void gather_poisson(const Array& image, const BinMajor::Places& places, std::span<double> out);

/// Calls f(bin, thread) for every bin, from `threads` threads (numbered from 0) at once.
void for_each_bin(std::size_t bins, std::size_t threads, const std::function<void(std::size_t, std::size_t)>& f);

}  // namespace annulus
