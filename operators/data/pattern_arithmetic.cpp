// SPDX-License-Identifier: BSD-3-Clause
#include "operators/data/pattern_arithmetic.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include <fmt/format.h>

#include "operators/data/error.hpp"

namespace annulus {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
/// Normalizations of one geometry and monitor differ by no more than the order of their summation.
constexpr double rounding = 1e-9;

template <class T>
constexpr Numbers T::* sums[] = {&T::signal, &T::variance, &T::normalization, &T::normalization_squared,
                                 &T::count,  &T::cross};

/// Some bins, of which those without pixels give NaN.
struct Bins {
  const double* count;
  const double* normalization;
  std::size_t first;
  std::size_t last;
  [[nodiscard]] double or_nan(std::size_t i, double value) const {
    return ((count[i] > 0) & (normalization[i] != 0)) ? value : nan;
  }
};

// Loops that a compiler makes vectors of.

void divide(const Bins& bins, const double* a, const double* b, double* __restrict out) {
  for (std::size_t i = bins.first; i < bins.last; ++i) out[i] = a[i] / bins.or_nan(i, b[i]);
}

void divide_root(const Bins& bins, const double* a, const double* b, double* __restrict out) {
  for (std::size_t i = bins.first; i < bins.last; ++i) out[i] = std::sqrt(a[i]) / bins.or_nan(i, b[i]);
}

void root_of_ratio(const Bins& bins, const double* a, const double* b, double* __restrict out) {
  for (std::size_t i = bins.first; i < bins.last; ++i) out[i] = std::sqrt(a[i] / bins.or_nan(i, b[i]));
}

template <class T>
void average(T& t, const ForShares& for_shares) {
  const std::size_t bins = t.signal.size();
  const bool with_std = !t.variance.empty() && !t.normalization_squared.empty();
  t.intensity = Numbers::uninitialized(bins);
  t.sigma = Numbers::uninitialized(t.variance.size());
  t.std = Numbers::uninitialized(with_std ? bins : 0);
  const auto intensity = t.intensity.edit();
  const auto sigma = t.sigma.edit();
  const auto stds = t.std.edit();
  for_shares(bins, [&](std::size_t first, std::size_t last) {
    constexpr std::size_t at_once = 1024;  // stay in a cache
    for (; first < last; first += at_once) {
      const Bins some{t.count.data(), t.normalization.data(), first, std::min(last, first + at_once)};
      divide(some, t.signal.data(), t.normalization.data(), intensity.data());
      if (!t.variance.empty()) divide_root(some, t.variance.data(), t.normalization.data(), sigma.data());
      if (with_std) root_of_ratio(some, t.variance.data(), t.normalization_squared.data(), stds.data());
    }
  });
}

template <class T>
void average(T& t) {
  average(t, [](std::size_t count, const auto& f) { f(0, count); });
}

template <class T>
void divide(T& t, double monitor) {
  for (double& n : t.normalization.edit()) n *= monitor;
  for (double& n2 : t.normalization_squared.edit()) n2 *= monitor * monitor;
  for (double& cross : t.cross.edit()) cross *= monitor;
  average(t);
}

template <class Axis>
bool same(const std::shared_ptr<const Axis>& a, const std::shared_ptr<const Axis>& b) {
  return a == b || (a && b && a->edges == b->edges);
}

bool same_axes(const Pattern& a, const Pattern& b) {
  return same(a.axis, b.axis) && (!a.axis || a.axis->unit == b.axis->unit);
}
bool same_axes(const Cake& a, const Cake& b) {
  return same(a.axis, b.axis) && (!a.axis || a.axis->unit == b.axis->unit) && same(a.azimuthal_axis, b.azimuthal_axis);
}

template <class T>
void require_alike(const T& a, const T& b) {
  if (!same_axes(a, b)) {
    throw DataError(fmt::format("frames {} and {} have other bins (they come from two geometries or parameters)",
                                a.number, b.number));
  }
  for (const auto field : sums<T>) {
    if ((a.*field).size() != (b.*field).size()) {
      throw DataError(
          fmt::format("frames {} and {} have other fields (they come from two error models)", a.number, b.number));
    }
  }
}

/// Adds the pixels of bin `i` of `from` to bin `k` of `to`, whose mean of both is `mean`.
template <class T, class U>
void add_scatter(U& to, std::size_t k, const T& from, std::size_t i, double mean) {
  if (!(from.count[i] > 0)) return;
  const double shift = from.signal[i] / from.normalization[i] - mean;
  to.cross.edit()[k] += from.cross[i] + shift * from.normalization_squared[i];
  to.variance.edit()[k] += from.variance[i] + shift * (2 * from.cross[i] + shift * from.normalization_squared[i]);
}

/// Joins bins: bin i of every source goes to bin `target(i)` of `to`, which has `bins`. Its sums are set.
template <class T, class U, class Target>
void join(std::span<const T> sources, U& to, std::size_t bins, const Target& target) {
  for (std::size_t f = 0; f < std::size(sums<T>); ++f) {
    const auto from = sums<T>[f];
    if ((sources.front().*from).empty()) continue;
    to.*sums<U>[f] = Numbers::zeros(bins);
    const std::span<double> sum = (to.*sums<U>[f]).edit();
    const bool scatter = !sources.front().cross.empty() && (from == &T::variance || from == &T::cross);
    if (scatter) continue;
    for (const T& source : sources) {
      for (std::size_t i = 0; i < (source.*from).size(); ++i) sum[target(i)] += (source.*from)[i];
    }
  }
  if (!sources.front().cross.empty()) {
    for (const T& source : sources) {
      for (std::size_t i = 0; i < source.signal.size(); ++i) {
        const std::size_t k = target(i);
        add_scatter(to, k, source, i, to.signal[k] / to.normalization[k]);
      }
    }
  }
  average(to);
}

template <class T>
T united(std::span<const T> all) {
  if (all.empty()) throw DataError("there is nothing to unite (no frames)");
  for (const T& one : all) require_alike(all.front(), one);
  T result = all.front();
  join(all, result, result.signal.size(), [](std::size_t i) { return i; });
  return result;
}

template <class T>
T combined(const T& a, const T& b, double scale) {
  T result = a;
  for (std::size_t i = 0; i < a.signal.size(); ++i) {
    const bool empty = !(a.count[i] > 0) || !(b.count[i] > 0);
    const double factor = empty ? 0 : scale * a.normalization[i] / b.normalization[i];
    result.signal.edit()[i] += factor * b.signal[i];
    if (!a.variance.empty()) result.variance.edit()[i] += factor * factor * b.variance[i];
    if (!a.cross.empty()) result.cross.edit()[i] += factor * b.cross[i];
    if (!empty) continue;
    for (const auto field : sums<T>) {
      if (!(result.*field).empty()) (result.*field).edit()[i] = 0;
    }
  }
  average(result);
  return result;
}

template <class T>
T sum_of(const T& a, const T& b) {
  require_alike(a, b);
  for (std::size_t i = 0; i < a.signal.size(); ++i) {
    if (std::abs(a.normalization[i] - b.normalization[i]) > rounding * std::abs(a.normalization[i]) ||
        std::abs(a.count[i] - b.count[i]) > rounding * a.count[i]) {
      throw DataError(fmt::format(
          "frames {} and {} have other pixels or monitors in bin {} (their sum is of no one frame) use unite", a.number,
          b.number, i));
    }
  }
  return combined(a, b, 1);
}

template <class T>
T difference(const T& a, const T& b, double scale) {
  require_alike(a, b);
  return combined(a, b, -scale);
}

template <class Axis>
std::shared_ptr<const Axis> joined(const std::shared_ptr<const Axis>& axis, std::size_t factor) {
  if (factor == 0) throw DataError("bins cannot be joined by 0 (the factor is how many become one)");
  Axis wider = *axis;
  wider.edges.clear();
  wider.centres.clear();
  for (std::size_t i = 0; i < axis->bins(); i += factor) {
    const double lo = axis->edges[i];
    const double hi = axis->edges[std::min(i + factor, axis->bins())];
    wider.edges.push_back(lo);
    wider.centres.push_back(lo + (hi - lo) / 2);
  }
  wider.edges.push_back(axis->edges.back());
  return std::make_shared<const Axis>(std::move(wider));
}

/// A pattern over `axis`: bin i of the cake becomes part of its bin bin_of(i).
template <class BinOf>
Pattern joined_along(const Cake& cake, std::shared_ptr<const RadialAxis> axis, BinOf bin_of) {
  Pattern pattern{.number = cake.number,
                  .time = cake.time,
                  .axis = std::move(axis),
                  .intensity = {},
                  .sigma = {},
                  .signal = {},
                  .variance = {},
                  .normalization = {},
                  .count = {},
                  .readings = cake.readings,
                  .reduction = cake.reduction};
  join(std::span(&cake, 1), pattern, pattern.axis->bins(), bin_of);
  return pattern;
}

}  // namespace

void set_averages(Pattern& pattern) { average(pattern); }
void set_averages(Cake& cake) { average(cake); }
void set_averages(Pattern& pattern, const ForShares& for_shares) { average(pattern, for_shares); }
void set_averages(Cake& cake, const ForShares& for_shares) { average(cake, for_shares); }

void normalize(Pattern& pattern, double monitor) { divide(pattern, monitor); }
void normalize(Cake& cake, double monitor) { divide(cake, monitor); }

Pattern unite(std::span<const Pattern> patterns) { return united(patterns); }
Cake unite(std::span<const Cake> cakes) { return united(cakes); }

Pattern add(const Pattern& a, const Pattern& b) { return sum_of(a, b); }
Cake add(const Cake& a, const Cake& b) { return sum_of(a, b); }

Pattern subtract(const Pattern& a, const Pattern& b, double scale) { return difference(a, b, scale); }
Cake subtract(const Cake& a, const Cake& b, double scale) { return difference(a, b, scale); }

Pattern rebin(const Pattern& pattern, std::size_t factor) {
  Pattern result = pattern;
  result.axis = joined(pattern.axis, factor);
  join(std::span(&pattern, 1), result, result.axis->bins(), [&](std::size_t i) { return i / factor; });
  return result;
}

Cake rebin(const Cake& cake, std::size_t azimuthal_factor, std::size_t radial_factor) {
  Cake result = cake;
  result.axis = joined(cake.axis, radial_factor);
  result.azimuthal_axis = joined(cake.azimuthal_axis, azimuthal_factor);
  const std::size_t cols = cake.axis->bins();
  const std::size_t new_cols = result.axis->bins();
  join(std::span(&cake, 1), result, new_cols * result.azimuthal_axis->bins(),
       [&](std::size_t i) { return i / cols / azimuthal_factor * new_cols + i % cols / radial_factor; });
  return result;
}

Pattern over_radius(const Cake& cake) {
  const std::size_t bins = cake.axis->bins();
  return joined_along(cake, cake.axis, [bins](std::size_t i) { return i % bins; });
}

Pattern over_azimuth(const Cake& cake) {
  const AzimuthalAxis& azimuth = *cake.azimuthal_axis;
  const std::size_t bins = cake.axis->bins();
  return joined_along(
      cake, std::make_shared<const RadialAxis>(RadialAxis{RadialUnit::chi_deg, azimuth.edges, azimuth.centres}),
      [bins](std::size_t i) { return i / bins; });
}

}  // namespace annulus
