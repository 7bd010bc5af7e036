// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "operators/kernels/integration_options.hpp"

namespace annulus {

/// The bins of one axis: [edge(i), edge(i + 1)).
class BinAxis final {
 public:
  /// Bounds that increase; at least two.
  explicit BinAxis(std::vector<double> edges) : edges_(std::move(edges)) {}

  /// `count` bins over a range, which begins above 0 when the spacing is logarithmic.
  BinAxis(const Range& range, std::size_t count, Spacing spacing);

  [[nodiscard]] std::size_t size() const noexcept { return edges_.size() - 1; }
  [[nodiscard]] double lo() const noexcept { return edges_.front(); }
  [[nodiscard]] double hi() const noexcept { return edges_.back(); }
  [[nodiscard]] double edge(std::size_t i) const { return edges_[i]; }
  [[nodiscard]] const std::vector<double>& edges() const noexcept { return edges_; }

  /// The bin that holds `x`, which must be at least lo() and less than hi().
  [[nodiscard]] std::size_t bin_of(double x) const {
    if (per_unit_ == 0) return search(x);
    std::size_t bin = static_cast<std::size_t>((x - edges_.front()) * per_unit_);
    if (bin >= size()) bin = size() - 1;
    // Rounding may have led to a neighbour.
    if (x < edges_[bin]) return bin - 1;
    return x >= edges_[bin + 1] ? bin + 1 : bin;
  }

  /// The same for many; what lies outside gets the first bin or the last, or any when it is not a number.
  void bins_of(std::span<const double> x, std::span<std::uint32_t> out) const;

 private:
  [[nodiscard]] std::size_t search(double x) const;

  std::vector<double> edges_;
  double per_unit_ = 0;  ///< bins per unit when they are equal
};

}  // namespace annulus
