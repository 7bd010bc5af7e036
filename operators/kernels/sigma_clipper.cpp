// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/sigma_clipper.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

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
  double variance = 0;  ///< sum n^2 (x - mean)^2, or the sum of given variances
  [[nodiscard]] double std() const { return std::sqrt(variance / sums.n2); }
};

/// The pixels of a bin.
struct Samples {
  std::span<const double> x;
  std::span<const double> n;
  std::span<const double> v;  ///< empty: the scatter of x is the error

  [[nodiscard]] Moments moments(double lo, double hi, double offset) const {
    Moments m = moments_around(lo, hi, offset);
    // With an outlier gone, the mean may be so far from the offset that little is left of the digits of the variance.
    const double shift = m.mean - m.offset;
    if (v.empty() && shift * shift * m.sums.n2 > 1e4 * m.variance) m = moments_around(lo, hi, m.mean);
    return m;
  }

 private:
  [[nodiscard]] Moments moments_around(double lo, double hi, double offset) const {
    Moments m{.sums = clipped_sums(x, n, v, lo, hi, offset), .offset = offset};
    const double shift = m.sums.ny / m.sums.n;
    m.mean = offset + shift;
    m.variance = v.empty() ? std::max(0.0, m.sums.n2y2 - 2 * shift * m.sums.n2y + shift * shift * m.sums.n2) : m.sums.v;
    return m;
  }
};

SampleSums sample_sums(const Moments& m, ErrorModel model) {
  SampleSums sums{.signal = m.sums.ny + m.offset * m.sums.n,
                  .variance = m.variance,
                  .normalization = m.sums.n,
                  .normalization_squared = m.sums.n2,
                  .count = static_cast<double>(m.sums.count)};
  if (model == ErrorModel::azimuthal) sums.cross = m.sums.n2y - (m.mean - m.offset) * m.sums.n2;
  return sums;
}

SampleSums clipped(const Samples& first, std::span<const double> poisson, double mean, ErrorModel model,
                   const SigmaClip& clip) {
  double lo = -infinity;
  double hi = infinity;
  Moments m = first.moments(lo, hi, mean);
  for (int i = 0; i < clip.max_iter; ++i) {
    const double limit = clipping_limit(clip.threshold, static_cast<double>(m.sums.count), m.mean, m.std());
    lo = std::max(lo, m.mean - limit);
    hi = std::min(hi, m.mean + limit);
    const Moments next = first.moments(lo, hi, m.mean);
    const bool same = next.sums.count == m.sums.count;
    m = next;
    if (same || m.sums.count == 0) break;
  }
  if (m.sums.count == 0) return {};
  if (model == ErrorModel::hybrid) m = Samples{first.x, first.n, poisson}.moments(lo, hi, m.mean);
  return sample_sums(m, model);
}

}  // namespace

struct SigmaClipper::Workspace {
  std::vector<double> signal;
  std::vector<double> poisson;
};

SigmaClipper::SigmaClipper(const Poni& poni, const IntegrationOptions& options, const SigmaClip& clip,
                           std::size_t threads)
    : options_(checked(options, clip)),
      clip_(clip),
      division_(divide_pixels(poni, options_, threads)),
      pixels_(division_),
      threads_(std::max<std::size_t>(1, threads)) {
  division_.fractions = {};
}

SampleSums SigmaClipper::sums_of(const Array& image, std::size_t bin, const std::optional<BadValue>& bad,
                                 Workspace& space) const {
  const BinMajor::Places places = pixels_.places(bin);
  const std::size_t size = places.pixel.size();
  const std::span x(space.signal.data(), size);
  gather_signal(image, places, bad, x);
  std::span<const double> variances;
  if (options_.error_model != ErrorModel::azimuthal) {
    const std::span poisson(space.poisson.data(), size);
    gather_poisson(image, places, poisson);
    variances = poisson;
  }
  const ClippedSums all = divide_and_sum(x, places.normalization);
  if (all.count == 0) return {};
  const bool by_scatter = options_.error_model != ErrorModel::poisson;
  const Samples samples{x, places.normalization, by_scatter ? std::span<const double>() : variances};
  return clipped(samples, variances, all.ny / all.n, options_.error_model, clip_);
}

Pattern SigmaClipper::integrate(const Array& image, const Exposure& exposure) const {
  require_usable(division_, options_.error_model, image, exposure);
  (void)image.bytes();  // unpacks them, or throws, before threads look at them
  const auto bad = bad_value_for(options_, division_.detector, image.dtype());
  std::vector<Workspace> spaces(threads_);
  for (Workspace& space : spaces) {
    space.signal.resize(pixels_.largest());
    if (options_.error_model != ErrorModel::azimuthal) space.poisson.resize(pixels_.largest());
  }
  Pattern pattern;
  pattern.axis = division_.axis;
  resize_sums(pattern, division_.bins, options_.error_model);
  for_each_bin(division_.bins, threads_, [&](std::size_t bin, std::size_t thread) {
    store(pattern, bin, normalized_by(exposure.monitor, sums_of(image, bin, bad, spaces[thread])));
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
