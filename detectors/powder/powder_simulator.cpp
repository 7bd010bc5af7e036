// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/powder/powder_simulator.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "operators/data/error.hpp"

#include "detectors/geometry/pixel_positions.hpp"
#include "detectors/powder/poisson.hpp"

namespace annulus {
namespace {

constexpr std::size_t profile_size = 1 << 15;  // steps of the radial profile, much finer than a ring or a pixel

std::vector<std::string> problems_of(const Poni& poni, const PowderOptions& options) {
  std::vector<std::string> problems;
  const auto need = [&](bool fine, std::string problem) {
    if (!fine) problems.push_back(std::move(problem));
  };
  need(poni.detector.has_shape(), "the simulated detector has no shape (its poni file has no max_shape)");
  need(poni.wavelength.has_value(), "the simulated experiment has no wavelength (its poni file has none)");
  need(options.dtype == DType::u16 || options.dtype == DType::u32 || options.dtype == DType::i32,
       fmt::format("images cannot be of type {} (uint16, uint32 and int32 can be simulated)", name_of(options.dtype)));
  need(options.width > 0 && std::isfinite(options.width),
       fmt::format("the width {} rad is not positive", options.width));
  need(options.peak_counts >= 0 && options.peak_counts < 1e9 && options.background_counts >= 0 &&
           options.background_counts < 1e9,
       "peak and background counts must be between 0 and 1e9");
  need(std::abs(options.polarization) <= 1, fmt::format("the polarization {} is beyond 1", options.polarization));
  need(std::abs(options.strain_per_frame) < 0.5 && options.strain_limit > 0 && options.strain_limit < 0.5,
       "the strain must stay below 0.5 and its limit be positive");
  return problems;
}

/// What of a ring's power falls on a pixel: planes in reflecting position (1 / sin theta) over the ring's
/// circumference (1 / sin 2theta).
double lorentz_factor(double tth) { return 1 / (std::sin(tth / 2) * std::sin(tth)); }

/// Width of a ring [rad]: constant at small angles, growing with tan theta as strain and a finite bandwidth make it.
double width_at(double tth, double smallest) { return smallest * std::sqrt(1 + std::pow(std::tan(tth / 2), 2)); }

}  // namespace

PowderSimulator::PowderSimulator(const Poni& poni, const PowderOptions& options)
    : shape_{poni.detector.rows, poni.detector.cols}, options_(options), wavelength_(poni.wavelength.value_or(0)) {
  require_valid(poni);
  if (const auto problems = problems_of(poni, options); !problems.empty()) throw ConfigError(problems);
  const std::vector<std::uint8_t> gaps = gap_mask(poni.detector);
  std::vector<double> tth(gaps.size());
  factor_.resize(gaps.size());
  const PixelPositions pixels(poni);
  const std::size_t cols = pixels.cols();
  std::vector<LabPoint> centres(cols);
  std::vector<double> cosines(cols);
  for (std::size_t i = 0; i < gaps.size(); ++i) {
    const std::size_t col = i % cols;
    if (col == 0) {
      pixels.centres(i / cols, centres);
      pixels.cos_incidence(i / cols, cosines);
    }
    const LabPoint& p = centres[col];
    tth[i] = two_theta(p);
    largest_tth_ = std::max(largest_tth_, tth[i]);
    if (gaps[i] != 0) continue;
    factor_[i] =
        static_cast<float>(std::pow(cosines[col], 3) * polarization_factor(tth[i], azimuth(p), options.polarization));
  }
  // Rings that lie just beyond the detector, or come into view as the lattice grows, are in the list too.
  const double farthest = std::sin(std::min(largest_tth_ * 1.05, pi) / 2);
  reflections_ =
      reflections(find_calibrant(options.calibrant), wavelength_ / (2 * farthest) / (1 + options.strain_limit));
  position_.resize(gaps.size());
  std::ranges::transform(tth, position_.begin(),
                         [&](double angle) { return static_cast<float>(angle / largest_tth_ * (profile_size - 2)); });
}

double PowderSimulator::strain(std::uint64_t k) const {
  const double grown = static_cast<double>(k) * options_.strain_per_frame;
  // A triangle: up to the limit and back.
  const double phase = std::fmod(std::abs(grown), 2 * options_.strain_limit);
  return std::copysign(options_.strain_limit - std::abs(phase - options_.strain_limit), grown);
}

/// Expected counts over 2theta, from 0 to the largest angle on the detector, before solid angle and polarization.
std::vector<float> PowderSimulator::profile(double strain) const {
  const double step = largest_tth_ / (profile_size - 2);
  std::vector<double> rings(profile_size, 0.0);
  double highest = 0;
  for (const Reflection& reflection : reflections_) {
    const double sine = wavelength_ / (2 * reflection.spacing * (1 + strain));
    if (sine >= 1) continue;
    const double tth = 2 * std::asin(sine);
    const double width = width_at(tth, options_.width);
    const double height = reflection.strength * lorentz_factor(tth) / width;
    highest = std::max(highest, height);
    const double sigma = width / 2.3548200450309493;  // 2 sqrt(2 ln 2)
    const auto first = static_cast<std::size_t>(std::max(0.0, (tth - 6 * sigma) / step));
    const auto last = static_cast<std::size_t>(std::max(0.0, (tth + 6 * sigma) / step));
    for (std::size_t i = first; i <= std::min(last, profile_size - 1); ++i) {
      const double x = (static_cast<double>(i) * step - tth) / sigma;
      rings[i] += height * std::exp(-x * x / 2);
    }
  }
  std::vector<float> out(profile_size);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double air = std::exp(-static_cast<double>(i) * step / 0.05);
    const double ring = highest > 0 ? rings[i] / highest : 0;
    out[i] = static_cast<float>(options_.peak_counts * ring + options_.background_counts * (1 + air));
  }
  return out;
}

/// Calls `f(i, mean counts)` for every pixel.
template <class F>
void PowderSimulator::for_each_expected(std::uint64_t k, F&& f) const {
  const std::vector<float> curve = profile(strain(k));
  for (std::size_t i = 0; i < position_.size(); ++i) {
    const auto below = static_cast<std::size_t>(position_[i]);
    const float part = position_[i] - static_cast<float>(below);
    f(i, factor_[i] * (curve[below] + part * (curve[below + 1] - curve[below])));
  }
}

std::vector<double> PowderSimulator::expectation(std::uint64_t k) const {
  std::vector<double> mean(position_.size());
  for_each_expected(k, [&](std::size_t i, float value) { mean[i] = static_cast<double>(value); });
  return mean;
}

template <class T>
Array PowderSimulator::noisy(std::uint64_t k) const {
  constexpr T in_gap = static_cast<T>(-1);                    // in an unsigned type the largest value
  constexpr T saturated = std::numeric_limits<T>::max() - 8;  // below the values that mark bad pixels
  RandomNumbers random(options_.seed, k);
  std::vector<T> pixels(position_.size());
  for_each_expected(k, [&](std::size_t i, float mean) {
    const std::uint64_t counts = poisson(static_cast<double>(mean), random);
    pixels[i] = factor_[i] == 0 ? in_gap : static_cast<T>(std::min<std::uint64_t>(counts, saturated));
  });
  return Array::of(shape_, std::move(pixels));
}

Array PowderSimulator::frame(std::uint64_t k) const {
  if (options_.dtype == DType::u16) return noisy<std::uint16_t>(k);
  if (options_.dtype == DType::u32) return noisy<std::uint32_t>(k);
  return noisy<std::int32_t>(k);
}

}  // namespace annulus
