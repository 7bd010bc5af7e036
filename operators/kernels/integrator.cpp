// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/integrator.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "operators/data/error.hpp"

namespace annulus {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

void require_possible(const Poni& poni, const IntegrationOptions& options) {
  if (!poni.detector.has_shape()) {
    throw ConfigError(
        fmt::format("the shape of the detector {} is not known (its poni file has no max_shape)", poni.detector.name));
  }
  if (poni.detector.rows * poni.detector.cols > std::numeric_limits<std::uint32_t>::max()) {
    throw ConfigError(fmt::format("the detector has {} x {} pixels (at most 2^32 can be integrated)",
                                  poni.detector.rows, poni.detector.cols));
  }
  if (needs_wavelength(options.unit) && !poni.wavelength) {
    throw ConfigError(
        fmt::format("the unit {} needs a wavelength (the poni file has none) choose 2th_deg, 2th_rad or r_mm",
                    info(options.unit).name));
  }
}

std::vector<double> sector_fractions(const PixelPositions& pixels, const IntegrationOptions& options) {
  if (!options.azimuth_range) return {};
  CoordinateMap azimuth = azimuth_map(pixels, options.split);
  for (std::size_t i = 0; i < azimuth.centre.size(); ++i) {
    const double half_width = azimuth.half_width.empty() ? 0 : azimuth.half_width[i];
    azimuth.centre[i] = fraction_in_sector(azimuth.centre[i], half_width, *options.azimuth_range);
  }
  return std::move(azimuth.centre);
}

}  // namespace

/// Whether a pixel of an image holds a measurement.
template <class T>
class Integrator::Validity final {
 public:
  explicit Validity(const std::optional<BadValue>& bad) : bad_(bad.value_or(BadValue{0, -1})) {}

  bool operator()(T raw) const {
    if constexpr (std::is_floating_point_v<T>) {
      if (!std::isfinite(raw)) return false;
    }
    return !(std::abs(static_cast<double>(raw) - bad_.value) <= bad_.delta);
  }

 private:
  BadValue bad_;  ///< a negative delta fits no value
};

Integrator::Integrator(const Poni& poni, const IntegrationOptions& options)
    : options_(options), detector_(poni.detector), shape_{poni.detector.rows, poni.detector.cols} {
  require_valid(poni);
  require_valid(options);
  require_possible(poni, options);

  const PixelPositions pixels(poni);
  normalization_ = normalization_map(pixels, options);
  std::vector<std::uint8_t> mask = static_mask(detector_, options);
  for (std::size_t i = 0; i < mask.size(); ++i) {
    if (!(normalization_[i] > 0)) mask[i] = 1;
  }
  const CoordinateMap radial = radial_map(pixels, poni.wavelength, options);
  const double lowest = info(options.unit).may_be_negative ? -std::numeric_limits<double>::infinity() : 0;
  const Range all = range_of(radial, mask, lowest);
  const Range range = options.radial_range.value_or(all);
  axis_ = std::make_shared<const RadialAxis>(RadialAxis::uniform(options.unit, range.lo, range.hi, options.bins));
  shares_ = divide(radial, mask, sector_fractions(pixels, options), range, options.bins, lowest);
  if (options.dark) dark_ = options.dark->to_vector<double>();
  all_weights_ = weights_of([](std::size_t) { return true; });
}

Pattern Integrator::integrate(const Array& pixels) const {
  if (pixels.shape() != shape_) {
    throw DataError(fmt::format("the image is {} but the detector {} is {} (they must have the same shape)",
                                to_string(pixels.shape()), detector_.name, to_string(shape_)));
  }
  Pattern pattern;
  pattern.axis = axis_;
  pixels.visit([&](auto elements) { add_counts(elements, pattern); });
  return pattern;
}

Pattern Integrator::integrate(const Frame& frame) const {
  Pattern pattern = integrate(frame.pixels);
  pattern.number = frame.number;
  pattern.time = frame.time;
  pattern.readings = frame.readings;
  return pattern;
}

std::optional<BadValue> Integrator::bad_value(DType dtype) const {
  if (options_.dummy) return options_.dummy;
  if (options_.detector_bad_value == DetectorBadValue::ignore) return std::nullopt;
  return bad_value_of(detector_, dtype);
}

/// Signal and variance change with every image; normalization and count do so only where it marks pixels bad.
template <class T>
void Integrator::add_counts(Elements<T> pixels, Pattern& pattern) const {
  const Validity<T> is_valid(bad_value(dtype_of<T>()));
  const std::size_t bins = axis_->bins();
  std::vector<Sums> sums(bins + 1);
  std::size_t marked_bad = 0;
  for (const Share& share : shares_) {
    const T raw = pixels[share.pixel];
    if (!is_valid(raw)) {
      ++marked_bad;
      continue;
    }
    const double counts = static_cast<double>(raw);
    const double signal = dark_.empty() ? counts : counts - dark_[share.pixel];
    const double variance = std::max(counts, 1.0);
    Sums& lower = sums[share.bin];
    Sums& upper = sums[share.bin + 1];
    lower.first += share.lower * signal;
    lower.second += share.lower * share.lower * variance;
    upper.first += share.upper * signal;
    upper.second += share.upper * share.upper * variance;
  }

  pattern.signal.resize(bins);
  std::ranges::transform(sums.begin(), sums.end() - 1, pattern.signal.begin(), &Sums::first);
  if (options_.error_model == ErrorModel::poisson) {
    pattern.variance.resize(bins);
    std::ranges::transform(sums.begin(), sums.end() - 1, pattern.variance.begin(), &Sums::second);
  }
  set_weights(marked_bad == 0 ? all_weights_ : weights_of([&](std::size_t i) { return is_valid(pixels[i]); }), pattern);
}

/// Normalization and count of every bin (and one more, unused) over the pixels for which `is_valid(index)`.
template <class IsValid>
std::vector<Integrator::Sums> Integrator::weights_of(const IsValid& is_valid) const {
  std::vector<Sums> sums(axis_->bins() + 1);
  for (const Share& share : shares_) {
    if (!is_valid(share.pixel)) continue;
    const double n = normalization_[share.pixel];
    Sums& lower = sums[share.bin];
    Sums& upper = sums[share.bin + 1];
    lower.first += share.lower * n;
    lower.second += share.lower;
    upper.first += share.upper * n;
    upper.second += share.upper;
  }
  return sums;
}

void Integrator::set_weights(const std::vector<Sums>& weights, Pattern& pattern) const {
  const std::size_t bins = axis_->bins();
  pattern.normalization.resize(bins);
  pattern.count.resize(bins);
  pattern.intensity.resize(bins);
  if (!pattern.variance.empty()) pattern.sigma.resize(bins);
  for (std::size_t bin = 0; bin < bins; ++bin) {
    const auto [normalization, count] = weights[bin];
    pattern.normalization[bin] = normalization;
    pattern.count[bin] = count;
    pattern.intensity[bin] = count > 0 ? pattern.signal[bin] / normalization : nan;
    if (!pattern.sigma.empty()) pattern.sigma[bin] = count > 0 ? std::sqrt(pattern.variance[bin]) / normalization : nan;
  }
}

}  // namespace annulus
