// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "operators/data/numbers.hpp"

#include "operators/kernels/divider.hpp"
#include "operators/kernels/integration_options.hpp"
#include "operators/kernels/plan.hpp"

namespace annulus {

/// Sums of what does not depend on the image, of a bin; as in BinSums.
struct Weight {
  double normalization = 0;
  double normalization_squared = 0;
  double dark = 0;
  double dark_variance = 0;
  std::int64_t units = 0;  ///< count, in units of 1 / (part_unit * rest_unit)

  Weight& operator+=(const Weight& other) {
    normalization += other.normalization;
    normalization_squared += other.normalization_squared;
    dark += other.dark;
    dark_variance += other.dark_variance;
    units += other.units;
    return *this;
  }
  [[nodiscard]] double count() const { return static_cast<double>(units) / (double{part_unit} * rest_unit); }
};

/// What does not depend on the image, of all bins; 0 for bins without pixels.
struct Weights {
  Numbers normalization;
  Numbers normalization_squared;
  Numbers count;
  std::vector<double> dark;           ///< empty without a dark
  std::vector<double> dark_variance;  ///< empty without one
};

/// The weights of all bins, over all pixels or those that are not bad in an image.
class BinWeights final {
 public:
  /// Of a divider and its plan, which must outlive this.
  BinWeights(const Divider& divider, const Plan& plan, const IntegrationOptions& options);

  /// Without some pixels. The newest are kept, because most frames have the same bad pixels as the one before. May be
  /// called from several threads at once.
  [[nodiscard]] std::shared_ptr<const Weights> without(Spots bad) const;
  /// (rows * cols) [counts]; empty without one.
  [[nodiscard]] const std::vector<double>& dark() const noexcept { return dark_; }

 private:
  class OfRow;
  class OfTiles;
  struct Fewer {
    Spots bad;
    Weights weights;
  };

  [[nodiscard]] std::vector<Weight> of_all() const;
  [[nodiscard]] Weights weights_of(const std::vector<Weight>& sums) const;
  [[nodiscard]] std::shared_ptr<const Fewer> make_fewer(Spots bad) const;

  const Divider& divider_;
  const Plan& plan_;
  std::vector<double> dark_;
  std::vector<double> dark_variance_;
  std::vector<Weight> sums_;
  Weights all_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const Fewer> newest_;  // guarded by mutex_
};

}  // namespace annulus
