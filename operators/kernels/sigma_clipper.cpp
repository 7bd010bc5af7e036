// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/sigma_clipper.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

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

/// Mean, standard deviation and the sums of the pixels of a bin whose intensity lies between two bounds.
struct Moments {
  ClippedSums sums;
  double offset = 0;  ///< of sums
  double mean = 0;
  double scatter = 0;  ///< sum n^2 (x - mean)^2
};

/// The pixels of a bin, whose outliers are removed.
class Bin {
 public:
  /// Writes their intensities to `x`.
  Bin(const BinPixels& pixels, BadCounts bad, ErrorModel model, std::span<double> x)
      : pixels_(pixels),
        x_(x),
        model_(model),
        errors_{.scatter = model != ErrorModel::poisson, .poisson = model != ErrorModel::azimuthal} {
    const double guess = first_guess(bad);
    set(write_and_sum(pixels_, bad, errors_, guess, x_), guess);
    centre(-infinity, infinity);
  }

  [[nodiscard]] SampleSums without_outliers(const SigmaClip& clip) {
    double lo = -infinity;
    double hi = infinity;
    for (int i = 0; i < clip.max_iter && m_.sums.count > 0; ++i) {
      const double limit = clipping_limit(clip.threshold, static_cast<double>(m_.sums.count), m_.mean, std());
      lo = std::max(lo, m_.mean - limit);
      hi = std::min(hi, m_.mean + limit);
      if (m_.sums.lowest >= lo && m_.sums.highest <= hi) break;  // none is left outside
      set(clipped_sums(pixels_, x_, errors_, lo, hi, m_.mean), m_.mean);
      centre(lo, hi);
    }
    return sums();
  }

 private:
  /// Near the mean, so that few digits of the scatter are lost: the mean of the first pixels.
  [[nodiscard]] double first_guess(BadCounts bad) {
    const std::size_t few = std::min<std::size_t>(64, x_.size());
    write_intensities({pixels_.counts.first(few),
                       pixels_.normalization.first(few),
                       pixels_.dark.first(std::min(few, pixels_.dark.size())),
                       {}},
                      bad, x_.first(few));
    double sum = 0;
    double count = 0;
    for (const double x : x_.first(few)) {
      if (std::isnan(x)) continue;
      sum += x;
      ++count;
    }
    return count > 0 ? sum / count : 0;
  }

  void set(const ClippedSums& sums, double offset) {
    m_ = {.sums = sums, .offset = offset};
    if (sums.count == 0) return;
    const double shift = sums.ny / sums.n;
    m_.mean = offset + shift;
    if (errors_.scatter) m_.scatter = std::max(0.0, sums.n2y2 - 2 * shift * sums.n2y + shift * shift * sums.n2);
  }

  /// Sums up again when the mean is so far from the offset that little is left of the digits of the scatter.
  void centre(double lo, double hi) {
    const double shift = m_.mean - m_.offset;
    if (!errors_.scatter || !(shift * shift * m_.sums.n2 > 1e4 * m_.scatter)) return;
    set(clipped_sums(pixels_, x_, errors_, lo, hi, m_.mean), m_.mean);
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

  BinPixels pixels_;
  std::span<double> x_;
  ErrorModel model_;
  ClippedErrors errors_;
  Moments m_;
};

}  // namespace

/// What one thread needs.
struct SigmaClipper::Room {
  explicit Room(const BinMajor& pixels) : counts(pixels.largest_group()), x(pixels.largest_bin()) {}
  std::vector<double> counts;
  std::vector<double> x;
};

SigmaClipper::SigmaClipper(const Poni& poni, const IntegrationOptions& options, const SigmaClip& clip,
                           std::size_t threads)
    : options_(checked(options, clip)),
      clip_(clip),
      division_(divide_pixels(poni, options_, threads)),
      pixels_(division_),
      team_(std::max<std::size_t>(1, threads)) {
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
  for_each_group(team_, pixels_, rooms_, [&](std::size_t group, Room& room) {
    pixels_.gather(image, group, room.counts);
    for (std::size_t bin = pixels_.first_bin(group); bin < pixels_.end_bin(group); ++bin) {
      const BinMajor::Places places = pixels_.places(group, bin);
      const BinPixels pixels{std::span(room.counts).subspan(places.first, places.size()), places.normalization,
                             places.dark, places.dark_variance};
      Bin samples(pixels, bad, options_.error_model, std::span(room.x).first(places.size()));
      store(pattern, bin, normalized_by(exposure.monitor, samples.without_outliers(clip_)));
    }
  });
  set_averages(pattern);
  return pattern;
}

Pattern SigmaClipper::integrate(const Frame& frame, const Exposure& exposure) const {
  Pattern pattern = integrate(frame.pixels, exposure);
  carry_on(frame, pattern);
  return pattern;
}

}  // namespace annulus
