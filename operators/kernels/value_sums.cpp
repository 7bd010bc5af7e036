// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/value_sums.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace annulus {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The pixels of one block as numbers, NaN where there is no measurement.
class BlockValues final {
 public:
  BlockValues(const Array& image, const std::optional<BadValue>& bad) : image_(image), bad_(bad) {}

  const std::vector<double>& take(std::size_t block) {
    const std::size_t first = block * block_pixels;
    values_.resize(std::min(block_pixels, image_.size() - first));
    image_.visit([&](auto pixels) {
      for (std::size_t i = 0; i < values_.size(); ++i) {
        const auto value = static_cast<double>(pixels[first + i]);
        values_[i] = is_bad(value) ? nan : value;
      }
    });
    return values_;
  }

 private:
  [[nodiscard]] bool is_bad(double value) const {
    return !std::isfinite(value) || (bad_ && std::abs(value - bad_->value) <= bad_->delta);
  }

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
  BlockValues image_values(image, bad);
  std::optional<BlockValues> variance_values;
  if (variance != nullptr) variance_values.emplace(*variance, std::nullopt);
  for (std::size_t block = 0; block < plan.blocks(); ++block) {
    std::vector<double> values = image_values.take(block);
    std::vector<double> variances;
    if (variance_values) variances = variance_values->take(block);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!variances.empty() && std::isnan(variances[i])) values[i] = nan;
      if (std::isnan(values[i])) sums.bad.push_back(static_cast<std::uint32_t>(block * block_pixels + i));
    }
    for_each_entry(plan, block, [&](std::size_t pixel, const PlanPart& part) {
      const double value = values[pixel - block * block_pixels];
      if (std::isnan(value)) return;
      const double var = variances.empty() ? std::max(value, 1.0) : variances[pixel - block * block_pixels];
      for_each_bin(part, [&](std::uint32_t bin, double c) {
        sums.signal[bin] += c * value;
        if (!sums.variance.empty()) sums.variance[bin] += c * c * var;
      });
    });
  }
  return sums;
}

std::vector<double> spread(const Plan& plan, const std::vector<double>& normalization, const std::vector<double>& dark,
                           const std::optional<BadValue>& bad, const Array& image, const BinSums& sums) {
  std::vector<double> mean(sums.signal.size());
  for (std::size_t bin = 0; bin < mean.size(); ++bin) mean[bin] = sums.signal[bin] / sums.normalization[bin];
  std::vector<double> variance(mean.size());
  BlockValues image_values(image, bad);
  for (std::size_t block = 0; block < plan.blocks(); ++block) {
    const std::vector<double>& values = image_values.take(block);
    for_each_entry(plan, block, [&](std::size_t pixel, const PlanPart& part) {
      const double value = values[pixel - block * block_pixels];
      if (std::isnan(value)) return;
      const double signal = dark.empty() ? value : value - dark[pixel];
      for_each_bin(part, [&](std::uint32_t bin, double c) {
        const double difference = c * (signal - mean[bin] * normalization[pixel]);
        variance[bin] += difference * difference;
      });
    });
  }
  return variance;
}

}  // namespace annulus
