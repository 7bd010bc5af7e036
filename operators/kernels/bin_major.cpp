// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/bin_major.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

#include "operators/kernels/parallel.hpp"

namespace annulus {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t bins_at_once = 4;

std::span<const double> cut(const std::vector<double>& values, std::size_t first, std::size_t size) {
  return values.empty() ? std::span<const double>() : std::span(values).subspan(first, size);
}

/// `bad` as the closed interval that holds it; of nothing when there is none.
struct BadInterval {
  explicit BadInterval(const std::optional<BadValue>& bad)
      : lo(bad ? bad->value - bad->delta : 1), hi(bad ? bad->value + bad->delta : 0) {}
  double lo, hi;
};

template <class T>
void gather(Elements<T> image, const BinMajor::Places& places, BadInterval bad, std::span<double> out) {
  for (std::size_t k = 0; k < out.size(); ++k) {
    const auto raw = static_cast<double>(image[places.pixel[k]]);
    bool is_bad = raw >= bad.lo && raw <= bad.hi;
    if constexpr (std::is_floating_point_v<T>) is_bad = is_bad || !std::isfinite(raw);
    out[k] = is_bad ? nan : raw;
  }
}

}  // namespace

BinMajor::BinMajor(const Division& division) : first_(division.bins + 1) {
  std::vector<std::size_t> sizes(division.bins);
  bool whole = true;
  for (const Fraction& f : division.fractions) {
    ++sizes[f.bin];
    whole = whole && f.part == 1;
  }
  for (std::size_t bin = 0; bin < sizes.size(); ++bin) {
    const std::size_t places = (sizes[bin] + lanes - 1) / lanes * lanes;
    largest_ = std::max(largest_, places);
    first_[bin + 1] = first_[bin] + places;
  }
  const std::size_t total = first_.back();
  pixel_.resize(total);
  normalization_.assign(total, nan);
  if (!whole) part_.resize(total);
  if (!division.dark.empty()) dark_.resize(total);
  if (!division.dark.empty() && !division.dark_variance.empty()) dark_variance_.resize(total);
  std::vector<std::size_t> next(first_.begin(), first_.end() - 1);
  for (const auto& [pixel, bin, part] : division.fractions) {
    const std::size_t k = next[bin]++;
    pixel_[k] = pixel;
    normalization_[k] = division.normalization[pixel];
    if (!part_.empty()) part_[k] = part;
    if (!dark_.empty()) dark_[k] = division.dark[pixel];
    if (!dark_variance_.empty()) dark_variance_[k] = division.dark_variance[pixel];
  }
}

BinMajor::Places BinMajor::places(std::size_t bin) const noexcept {
  const std::size_t first = first_[bin];
  const std::size_t size = first_[bin + 1] - first;
  return {std::span(pixel_).subspan(first, size), cut(normalization_, first, size), cut(part_, first, size),
          cut(dark_, first, size), cut(dark_variance_, first, size)};
}

void gather_signal(const Array& image, const BinMajor::Places& places, const std::optional<BadValue>& bad,
                   std::span<double> out) {
  image.visit([&](auto pixels) { gather(pixels, places, BadInterval(bad), out); });
  for (std::size_t k = 0; k < places.dark.size(); ++k) out[k] -= places.dark[k];
}

void gather_poisson(const Array& image, const BinMajor::Places& places, std::span<double> out) {
  image.visit([&](auto pixels) { gather(pixels, places, BadInterval({}), out); });
  for (double& value : out) value = std::max(value, 1.0);
  for (std::size_t k = 0; k < places.dark_variance.size(); ++k) out[k] += places.dark_variance[k];
}

void for_each_bin(std::size_t bins, std::size_t threads, const std::function<void(std::size_t, std::size_t)>& f) {
  std::atomic<std::size_t> next{0};
  const auto work = [&](std::size_t thread) {
    for (;;) {
      const std::size_t first = next.fetch_add(bins_at_once, std::memory_order_relaxed);
      if (first >= bins) return;
      for (std::size_t bin = first; bin < std::min(first + bins_at_once, bins); ++bin) f(bin, thread);
    }
  };
  in_parallel(threads, work);
}

}  // namespace annulus
