// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "operators/data/array.hpp"

#include "operators/kernels/bin_sums.hpp"
#include "operators/kernels/bin_weights.hpp"
#include "operators/kernels/divider.hpp"
#include "operators/kernels/engine_scratch.hpp"
#include "operators/kernels/parallel.hpp"
#include "operators/kernels/plan.hpp"
#include "operators/kernels/plan_sums.hpp"
#include "operators/kernels/pool.hpp"

namespace annulus {

/// Adds up images of one geometry in whole numbers: a part of a pixel is a multiple of 2^-32, nearly, counts are
/// integers, and so every sum is exact. Its value depends on no order, hence not on the number of threads, on how many
/// frames are taken together, or on the processor (docs/decisions/sums-in-whole-numbers.md). Images of floating-point
/// numbers, and errors that are not those of counts, are added up in double precision, always in one order.
class Engine final {
 public:
  /// `threads`: how many share a frame. Throws as Divider does; DataError for a dark of another shape.
  Engine(const Poni& poni, const IntegrationOptions& options, std::size_t threads);

  /// The sums of an image of (rows, cols) of any type. May be called from several threads at once. `variance`: of every
  /// pixel, for ErrorModel::variance. Throws DataError for another shape than the detector's, or without variances
  /// where the model takes them.
  [[nodiscard]] BinSums sum(const Array& image, const Array* variance = nullptr) const;

  /// The same for several images; much faster than one by one when they are of one integer type.
  [[nodiscard]] std::vector<BinSums> sum(std::span<const Array> images) const;

  [[nodiscard]] const Divider& divider() const noexcept { return divider_; }
  [[nodiscard]] const Shape& shape() const noexcept { return shape_; }
  /// Of the tables, for statistics.
  [[nodiscard]] std::size_t table_bytes() const noexcept { return plan_.bytes(); }

  /// Calls f(first, last) for shares of 0 <= i < count, side by side when there are many bins. `f` must not throw.
  void for_shares(std::size_t count, const std::function<void(std::size_t, std::size_t)>& f) const;

 private:
  using Lease = Pool<EngineScratch>::Lease;

  [[nodiscard]] BinSums sums_with(const Weights& weights) const;
  static void subtract_dark(const Weights& weights, std::size_t first, std::size_t last, std::span<double> signal,
                            std::span<double> variance);
  void require_shape(const Array& image) const;
  template <class F>
  void for_tiles_of(std::size_t member, const F& f) const;
  template <class Sums>
  void add_tiles_of(std::size_t member, const TileReader& reader, EngineScratch& scratch, Sums& sums) const;
  [[nodiscard]] BinSums sum_by_rows(const Array& image) const;
  [[nodiscard]] BinSums sum_by_bins(const Array& image) const;
  [[nodiscard]] std::vector<BinSums> sum_together(std::span<const Array> images) const;
  [[nodiscard]] BinSums sum_values(const Array& image, const Array* variance) const;
  void fold_row(const PlanRow& row, const RowSums& sum, double* signal, double* variance) const;
  [[nodiscard]] BinSums fold(const Lease& lease, std::size_t frame) const;
  [[nodiscard]] static Spots bad_of(const Lease& lease, std::size_t frame);
  [[nodiscard]] BadRange bad_range(DType dtype) const;

  IntegrationOptions options_;
  Detector detector_;
  Shape shape_;
  Divider divider_;
  Plan plan_;
  Wanted wanted_;
  BinWeights weights_;
  mutable Team team_;
  bool by_bins_;  ///< whether the sums of frames are made bin by bin
  mutable Pool<EngineScratch> for_one_;
  mutable Pool<EngineScratch> for_many_;
};

}  // namespace annulus
