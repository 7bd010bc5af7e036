// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/bin_weights.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "operators/kernels/parallel.hpp"

namespace annulus {
namespace {

constexpr std::size_t many_bins = 20'000;  // whose weights would take much memory in every part

std::vector<double> values_or_none(const std::optional<Array>& array) {
  return array ? array->to_vector<double>() : std::vector<double>();
}

}  // namespace

/// Adds the weights of pixels to their bins; those of one row after the other go there together.
class BinWeights::OfRow final {
 public:
  OfRow(const BinWeights& of, std::vector<Weight>& weights) : of_(of), weights_(weights) {}
  ~OfRow() { finish(); }
  OfRow(const OfRow&) = delete;
  OfRow& operator=(const OfRow&) = delete;

  /// `sign`: 1, or -1 to take them away.
  void add(const PlanPart& part, std::size_t pixel, int sign) {
    if (part.lower != row_.lower || part.upper != row_.upper) {
      finish();
      row_ = {part.lower, part.upper};
      lower_ = upper_ = {};
    }
    const std::int64_t upper = std::int64_t{part.part} * rest_unit + part.rest;
    add(std::int64_t{part_unit} * rest_unit - upper, pixel, sign, lower_);
    add(upper, pixel, sign, upper_);
  }

 private:
  void add(std::int64_t units, std::size_t pixel, int sign, Weight& weight) const {
    const double n = of_.divider_.normalization()[pixel];
    const double c = Weight{.units = units}.count();
    weight.normalization += sign * c * n;
    weight.normalization_squared += sign * (c * n) * (c * n);
    weight.units += sign * units;
    if (!of_.dark_.empty()) weight.dark += sign * c * of_.dark_[pixel];
    if (!of_.dark_variance_.empty()) weight.dark_variance += sign * c * c * of_.dark_variance_[pixel];
  }

  void finish() {
    if (row_.lower != PlanRow::none) weights_[row_.lower] += lower_;
    if (row_.upper != PlanRow::none) weights_[row_.upper] += upper_;
  }

  const BinWeights& of_;
  std::vector<Weight>& weights_;
  PlanRow row_;
  Weight lower_;
  Weight upper_;
};

/// Adds the weights of tiles to their bins, one lane of a plan after the other.
class BinWeights::OfTiles final {
 public:
  OfTiles(const BinWeights& of, std::vector<Weight>& weights) : of_(of), weights_(weights) {}

  void add(std::size_t tile) {
    const Tiling& tiling = of_.plan_.tiling();
    const Tile at = tiling.tile(tile);
    const double* const normalization = of_.divider_.normalization().data();
    for_each_place(tiling, at, [&](std::size_t place) {
      const double n = normalization[tiling.pixel(at, place)];
      normalization_.data()[place] = {n, n * n};
    });
    if (has_dark()) {
      for_each_place(tiling, at, [&](std::size_t place) {
        const std::size_t pixel = tiling.pixel(at, place);
        dark_[place] = {of_.dark_.empty() ? 0 : of_.dark_[pixel],
                        of_.dark_variance_.empty() ? 0 : of_.dark_variance_[pixel]};
      });
    }
    const bool undivided = of_.plan_.is_undivided();
    for (const PlanSlice& slice : of_.plan_.slices(tile)) {
      for (std::size_t lane = 0; lane < plan_lanes; ++lane) {
        const PlanRow& row = of_.plan_.rows()[slice.rows[lane]];
        if (row.lower == PlanRow::none && row.upper == PlanRow::none) continue;
        undivided ? add_lane<false>(slice, lane, row) : add_lane<true>(slice, lane, row);
      }
    }
  }

 private:
  /// Of a pixel: what its part multiplies, and what the square of its part does.
  struct Factors {
    double plain = 0;
    double squared = 0;
  };
  struct LaneSums {
    Factors lower;
    Factors upper;
    std::int64_t pixels = 0;
    std::int64_t upper_units = 0;
  };
  using Table = std::array<Factors, tile_pixels + 2>;  // nothing beyond the last place, for steps that take nothing

  [[nodiscard]] bool has_dark() const { return !of_.dark_.empty() || !of_.dark_variance_.empty(); }

  template <bool divided>
  void add_lane(const PlanSlice& slice, std::size_t lane, const PlanRow& row) {
    const LaneSums sums = sums_of<divided>(slice, lane, normalization_);
    const LaneSums dark = has_dark() ? sums_of<divided>(slice, lane, dark_) : LaneSums{};
    const std::int64_t units = sums.pixels * part_unit * rest_unit;
    const auto weight = [](const Factors& normalization, const Factors& of_dark, std::int64_t of_bin) {
      return Weight{normalization.plain, normalization.squared, of_dark.plain, of_dark.squared, of_bin};
    };
    if (row.lower != PlanRow::none) weights_[row.lower] += weight(sums.lower, dark.lower, units - sums.upper_units);
    if (divided && row.upper != PlanRow::none) {
      weights_[row.upper] += weight(sums.upper, dark.upper, sums.upper_units);
    }
  }

  /// [1 / (part_unit * rest_unit)]
  static std::int64_t units_of(std::uint32_t parts, std::uint32_t rests, int shift) {
    const std::int64_t part = static_cast<std::int16_t>(parts >> shift) + half_unit;
    return part * rest_unit + static_cast<std::int16_t>(rests >> shift);
  }

  template <bool divided>
  [[nodiscard]] LaneSums sums_of(const PlanSlice& slice, std::size_t lane, const Table& table) const {
    const std::uint16_t* const places = of_.plan_.places(slice);
    const std::uint32_t* const parts = divided ? of_.plan_.parts(slice) : nullptr;
    const std::uint32_t* const rests = divided ? of_.plan_.rests(slice) : nullptr;
    LaneSums sums;
    const auto add_pixel = [&](std::size_t place, std::int64_t units) {
      const Factors& factors = table.data()[place];
      const double upper = static_cast<double>(units) * (1 / (double{part_unit} * rest_unit)), lower = 1 - upper;
      sums.lower.plain += lower * factors.plain;
      sums.lower.squared += lower * lower * factors.squared;
      if constexpr (divided) {
        sums.upper.plain += upper * factors.plain;
        sums.upper.squared += upper * upper * factors.squared;
      }
      const std::int64_t is_there = place < tile_pixels ? 1 : 0;
      sums.pixels += is_there;
      sums.upper_units += is_there * units;
    };
    for (std::size_t k = lane; k < plan_lanes * slice.steps; k += plan_lanes) {
      const std::size_t first = (places[k] & ~alone_flag) / 2;
      const std::size_t second = (places[k] & alone_flag) != 0 ? tile_pixels : first + 1;
      add_pixel(first, divided ? units_of(parts[k], rests[k], 0) : 0);
      add_pixel(second, divided ? units_of(parts[k], rests[k], 16) : 0);
    }
    return sums;
  }

  const BinWeights& of_;
  std::vector<Weight>& weights_;
  Table normalization_{};
  Table dark_{};
};

/// The sums are made in a fixed number of parts, whatever the number of threads.
std::vector<Weight> BinWeights::of_all() const {
  const std::size_t bins = divider_.bins();
  const std::size_t parts = bins > many_bins ? 2 : 8;
  std::vector<std::vector<Weight>> sums(parts, std::vector<Weight>(bins));
  const std::size_t tiles = plan_.tiling().tiles();
  in_parallel(parts, [&](std::size_t k) {
    const auto of_tiles = std::make_unique<OfTiles>(*this, sums[k]);
    for (std::size_t i = tiles * k / parts; i < tiles * (k + 1) / parts; ++i) of_tiles->add(i);
  });
  std::vector<Weight> all = std::move(sums[0]);
  for (std::size_t k = 1; k < parts; ++k) {
    for (std::size_t bin = 0; bin < bins; ++bin) all[bin] += sums[k][bin];
  }
  return all;
}

BinWeights::BinWeights(const Divider& divider, const Plan& plan, const IntegrationOptions& options)
    : divider_(divider),
      plan_(plan),
      dark_(values_or_none(options.dark)),
      dark_variance_(values_or_none(options.dark_variance)),
      sums_(of_all()),
      all_(weights_of(sums_)) {}

Weights BinWeights::weights_of(const std::vector<Weight>& sums) const {
  Weights weights{Numbers::zeros(sums.size()), Numbers::zeros(sums.size()), Numbers::zeros(sums.size()), {}, {}};
  const auto normalization = weights.normalization.edit();
  const auto normalization_squared = weights.normalization_squared.edit();
  const auto count = weights.count.edit();
  if (!dark_.empty()) weights.dark.resize(sums.size());
  if (!dark_variance_.empty()) weights.dark_variance.resize(sums.size());
  for (std::size_t bin = 0; bin < sums.size(); ++bin) {
    const Weight& sum = sums[bin];
    if (sum.units == 0) continue;
    normalization[bin] = sum.normalization;
    normalization_squared[bin] = sum.normalization_squared;
    count[bin] = sum.count();
    if (!weights.dark.empty()) weights.dark[bin] = sum.dark;
    if (!weights.dark_variance.empty()) weights.dark_variance[bin] = sum.dark_variance;
  }
  return weights;
}

std::shared_ptr<const Weights> BinWeights::without(Spots bad) const {
  if (bad.empty()) return {std::shared_ptr<void>(), &all_};
  std::shared_ptr<const Fewer> fewer;
  {
    const std::lock_guard lock(mutex_);
    if (newest_ && newest_->bad == bad) fewer = newest_;
  }
  if (!fewer) {
    fewer = make_fewer(std::move(bad));
    const std::lock_guard lock(mutex_);
    newest_ = fewer;
  }
  return {fewer, &fewer->weights};
}

std::shared_ptr<const BinWeights::Fewer> BinWeights::make_fewer(Spots bad) const {
  const auto made = std::make_shared<Fewer>(Fewer{std::move(bad), {}});
  std::vector<Weight> sums = sums_;
  std::vector<std::uint8_t> is_bad(tile_pixels);
  for (auto at = made->bad.begin(); at != made->bad.end();) {
    const std::size_t k = *at / tile_pixels;
    std::ranges::fill(is_bad, 0);
    for (; at != made->bad.end() && *at / tile_pixels == k; ++at) is_bad[*at % tile_pixels] = 1;
    const Tile tile = plan_.tiling().tile(k);
    OfRow row(*this, sums);
    for_each_entry(plan_, k, [&](std::size_t place, const PlanPart& part) {
      if (is_bad[place] != 0) row.add(part, plan_.tiling().pixel(tile, place), -1);
    });
  }
  made->weights = weights_of(sums);
  return made;
}

}  // namespace annulus
