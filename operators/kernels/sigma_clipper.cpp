// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/sigma_clipper.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <type_traits>

#include <fmt/format.h>

#include "operators/data/error.hpp"
#include "operators/data/pattern_arithmetic.hpp"

#include "operators/kernels/clipping.hpp"

namespace annulus {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

IntegrationOptions checked(const IntegrationOptions& options, const SigmaClip& clip) {
  require_valid(clip, options.error_model);
  if (options.split != Split::no) {
    throw ConfigError(fmt::format("pixels are split by '{}' (an outlier is a whole pixel) set split to 'no'",
                                  name_of(options.split)));
  }
  return options;
}

/// The sums of the pixels of a bin whose intensity lies between two bounds, and what follows from them.
struct Moments {
  ClippedSums sums;
  double offset = 0;  ///< of sums
  double mean = 0;
  double scatter = 0;  ///< sum n^2 (x - mean)^2
};

/// The pixels of a bin, whose outliers are removed.
template <class T>
class Bin {
 public:
  Bin(const BinPixels<T>& pixels, const Normalizations& known, BadCounts bad, ErrorModel model)
      : pixels_(pixels),
        known_(known),
        model_(model),
        clipping_{.bad = bad, .scatter = model != ErrorModel::poisson, .poisson = model != ErrorModel::azimuthal} {}

  [[nodiscard]] SampleSums without_outliers(const SigmaClip& clip) {
    double lo = -infinity;
    double hi = infinity;
    sum_up_all(first_guess());
    for (int i = 0; i < clip.max_iter && m_.sums.count > 0; ++i) {
      const double limit = clipping_limit(clip.threshold, static_cast<double>(m_.sums.count), m_.mean, std());
      lo = std::max(lo, m_.mean - limit);
      hi = std::min(hi, m_.mean + limit);
      const std::size_t before = m_.sums.count;
      if (all_within(lo, hi)) break;
      sum_up(lo, hi, m_.mean);
      if (m_.sums.count == before) break;
    }
    return sums();
  }

 private:
  /// Near the mean, so that few digits of the scatter are lost: the mean of the first pixels.
  [[nodiscard]] double first_guess() const {
    const auto few = [](auto values) { return values.first(std::min<std::size_t>(64, values.size())); };
    const ClippedSums sums =
        clipped_sums(BinPixels<T>{few(pixels_.counts), few(pixels_.normalization), few(pixels_.dark), {}}, clipping_,
                     -infinity, infinity, 0);
    return sums.count > 0 ? sums.ny / sums.n : 0;
  }

  /// All pixels that are not bad.
  void sum_up_all(double offset) {
    if constexpr (std::is_same_v<T, std::uint16_t>) {
      if (pixels_.dark.empty()) {
        set(sums_of_all(pixels_, known_, clipping_, offset), offset);
        const double most_counts = (m_.sums.highest + std::abs(offset) * known_.most) * (1 + 1e-9);
        const BadCounts& bad = clipping_.bad;
        if (bad.hi < bad.lo || most_counts < bad.lo) return centre(-infinity, infinity);
      }
    }
    sum_up(-infinity, infinity, offset);
  }

  void sum_up(double lo, double hi, double offset) {
    set(clipped_sums(pixels_, clipping_, lo, hi, offset), offset);
    centre(lo, hi);
  }

  /// Sums up again when the mean is so far from the offset that little is left of the digits of the scatter.
  void centre(double lo, double hi) {
    const double shift = m_.mean - m_.offset;
    if (!clipping_.scatter || !(shift * shift * m_.sums.n2 > 1e4 * m_.scatter)) return;
    set(clipped_sums(pixels_, clipping_, lo, hi, m_.mean), m_.mean);
  }

  void set(const ClippedSums& sums, double offset) {
    m_ = {.sums = sums, .offset = offset};
    if (sums.count == 0) return;
    const double shift = sums.ny / sums.n;
    m_.mean = offset + shift;
    if (clipping_.scatter) m_.scatter = std::max(0.0, sums.n2y2 - 2 * shift * sums.n2y + shift * shift * sums.n2);
  }

  /// Whether the extremes of n (x - offset) alone say that no intensity x lies outside, however rounded.
  [[nodiscard]] bool all_within(double lo, double hi) const {
    const double rounding = 1e-12 * (std::abs(lo) + std::abs(hi) + std::abs(m_.offset)) * known_.most;
    return m_.sums.lowest > (lo - m_.offset) * known_.least + rounding &&
           m_.sums.highest < (hi - m_.offset) * known_.least - rounding;
  }

  /// Of a pixel.
  [[nodiscard]] double std() const {
    return std::sqrt((model_ == ErrorModel::poisson ? m_.sums.v : m_.scatter) / m_.sums.n2);
  }

  [[nodiscard]] SampleSums sums() const {
    if (m_.sums.count == 0) return {};
    SampleSums sums{.signal = m_.sums.ny + m_.offset * m_.sums.n,
                    .variance = model_ == ErrorModel::azimuthal ? m_.scatter : m_.sums.v,
                    .normalization = m_.sums.n,
                    .normalization_squared = m_.sums.n2,
                    .count = static_cast<double>(m_.sums.count)};
    if (model_ == ErrorModel::azimuthal) sums.cross = m_.sums.n2y - (m_.mean - m_.offset) * m_.sums.n2;
    return sums;
  }

  BinPixels<T> pixels_;
  const Normalizations& known_;
  ErrorModel model_;
  Clipping clipping_;
  Moments m_;
};

}  // namespace

/// What one thread needs.
struct SigmaClipper::Room {
  explicit Room(const BinMajor&) {}
  std::tuple<std::vector<double>, std::vector<std::uint16_t>> counts;  // of the type of an image, when there is one
};

SigmaClipper::SigmaClipper(const Poni& poni, const IntegrationOptions& options, const SigmaClip& clip,
                           std::size_t threads)
    : options_(checked(options, clip)),
      clip_(clip),
      division_(divide_pixels(poni, options_, threads)),
      pixels_(division_),
      team_(std::max<std::size_t>(1, threads)) {
  for (std::size_t group = 0; group < pixels_.groups(); ++group) {
    for (std::size_t bin = pixels_.first_bin(group); bin < pixels_.end_bin(group); ++bin) {
      known_.push_back(sum_up(pixels_.places(group, bin).normalization));
    }
  }
  division_.fractions = {};
  division_.normalization = {};
}

SigmaClipper::~SigmaClipper() = default;

Pattern SigmaClipper::integrate(const Array& image, const Exposure& exposure) const {
  require_usable(division_, options_.error_model, image, exposure);
  (void)image.bytes();  // unpacks them, or throws, before threads look at them
  const BadCounts bad = bad_counts(bad_value_for(options_, division_.detector, image.dtype()));
  Pattern pattern;
  pattern.axis = division_.axis;
  resize_sums(pattern, division_.bins, options_.error_model);
  const auto integrate_as = [&]<class T>(T) {
    for_each_group(team_, pixels_, rooms_, [&](std::size_t group, Room& room) {
      auto& counts = std::get<std::vector<T>>(room.counts);
      counts.resize(pixels_.largest_group());
      pixels_.gather<T>(image, group, counts);
      for (std::size_t bin = pixels_.first_bin(group); bin < pixels_.end_bin(group); ++bin) {
        const BinMajor::Places places = pixels_.places(group, bin);
        const std::span<const T> of_bin = std::span(counts).subspan(places.first, places.size());
        Bin<T> samples({of_bin, places.normalization, places.dark, places.dark_variance}, known_[bin], bad,
                       options_.error_model);
        store(pattern, bin, normalized_by(exposure.monitor, samples.without_outliers(clip_)));
      }
    });
  };
  const bool fits_16_bits = image.dtype() == DType::u8 || image.dtype() == DType::u16;
  fits_16_bits ? integrate_as(std::uint16_t{}) : integrate_as(double{});
  set_averages(pattern);
  return pattern;
}

Pattern SigmaClipper::integrate(const Frame& frame, const Exposure& exposure) const {
  Pattern pattern = integrate(frame.pixels, exposure);
  carry_on(frame, pattern);
  return pattern;
}

}  // namespace annulus
