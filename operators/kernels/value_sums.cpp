// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/value_sums.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace annulus {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The pixels of one tile as numbers by their place, NaN where there is no measurement.
class TileValues final {
 public:
  TileValues(const Tiling& tiling, const Array& image, const std::optional<BadValue>& bad)
      : tiling_(tiling), image_(image), bad_(bad), values_(tile_pixels) {}

  const std::vector<double>& take(const Tile& tile) {
    image_.visit([&](auto pixels) {
      for_each_place(tiling_, tile, [&](std::size_t place) {
        const auto value = static_cast<double>(pixels[tiling_.pixel(tile, place)]);
        values_[place] = is_bad(value) ? nan : value;
      });
    });
    return values_;
  }

 private:
  [[nodiscard]] bool is_bad(double value) const {
    return !std::isfinite(value) || (bad_ && std::abs(value - bad_->value) <= bad_->delta);
  }

  const Tiling& tiling_;
  const Array& image_;
  std::optional<BadValue> bad_;
  std::vector<double> values_;
};

/// Calls f(bin, c) for the bins that an entry belongs to.
template <class F>
void for_each_bin(const PlanPart& part, F&& f) {
  const double upper = exact_part(part);
  if (part.lower != PlanRow::none && upper < 1) f(part.lower, 1 - upper);
  if (part.upper != PlanRow::none && upper > 0) f(part.upper, upper);
}

}  // namespace

ValueSums add_values(const Plan& plan, const IntegrationOptions& options, const std::optional<BadValue>& bad,
                     const Array& image, const Array* variance) {
  const bool poisson = options.error_model == ErrorModel::poisson || options.error_model == ErrorModel::hybrid;
  ValueSums sums;
  sums.signal.resize(plan.bins());
  if (poisson || variance != nullptr) sums.variance.resize(sums.signal.size());
  const Tiling& tiling = plan.tiling();
  TileValues image_values(tiling, image, bad);
  std::optional<TileValues> variance_values;
  if (variance != nullptr) variance_values.emplace(tiling, *variance, std::nullopt);
  for (std::size_t k = 0; k < tiling.tiles(); ++k) {
    const Tile tile = tiling.tile(k);
    std::vector<double> values = image_values.take(tile);
    std::vector<double> variances;
    if (variance_values) variances = variance_values->take(tile);
    for_each_place(tiling, tile, [&](std::size_t place) {
      if (!variances.empty() && std::isnan(variances[place])) values[place] = nan;
      if (std::isnan(values[place])) sums.bad.push_back(k * tile_pixels + place);
    });
    for_each_entry(plan, k, [&](std::size_t place, const PlanPart& part) {
      const double value = values[place];
      if (std::isnan(value)) return;
      const double var = variances.empty() ? std::max(value, 1.0) : variances[place];
      for_each_bin(part, [&](std::uint32_t bin, double c) {
        sums.signal[bin] += c * value;
        if (!sums.variance.empty()) sums.variance[bin] += c * c * var;
      });
    });
  }
  return sums;
}

void add_spread(const Plan& plan, std::span<const double> normalization, const std::vector<double>& dark,
                const std::optional<BadValue>& bad, const Array& image, BinSums& sums) {
  std::vector<double> mean(sums.signal.size());
  for (std::size_t bin = 0; bin < mean.size(); ++bin) mean[bin] = sums.signal[bin] / sums.normalization[bin];
  sums.variance = Numbers::zeros(mean.size());
  sums.cross = Numbers::zeros(mean.size());
  const auto variance = sums.variance.edit();
  const auto cross = sums.cross.edit();
  const Tiling& tiling = plan.tiling();
  TileValues image_values(tiling, image, bad);
  for (std::size_t k = 0; k < tiling.tiles(); ++k) {
    const Tile tile = tiling.tile(k);
    const std::vector<double>& values = image_values.take(tile);
    for_each_entry(plan, k, [&](std::size_t place, const PlanPart& part) {
      const double value = values[place];
      if (std::isnan(value)) return;
      const std::size_t pixel = tiling.pixel(tile, place);
      const double signal = dark.empty() ? value : value - dark[pixel];
      for_each_bin(part, [&](std::uint32_t bin, double c) {
        const double difference = c * (signal - mean[bin] * normalization[pixel]);
        variance[bin] += difference * difference;
        cross[bin] += c * normalization[pixel] * difference;
      });
    });
  }
}

}  // namespace annulus
