// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include "operators/data/array.hpp"

#include "detectors/geometry/poni.hpp"
#include "operators/kernels/divider.hpp"
#include "operators/kernels/integration_options.hpp"

namespace annulus::testing {

constexpr std::size_t small_rows = 90;
constexpr std::size_t small_cols = 120;

/// A small tilted detector with the beam on it; more pixels than one block of a plan has.
inline Poni small_poni() {
  Detector detector;
  detector.pixel1 = 2e-4;
  detector.pixel2 = 1.5e-4;
  detector.rows = small_rows;
  detector.cols = small_cols;
  return {detector, 0.05, 17.6e-3, 11e-3, 0.1, -0.2, 0.05, 1e-10};
}

inline IntegrationOptions small_options(Split split = Split::bbox) {
  IntegrationOptions options;
  options.bins = 64;
  options.split = split;
  options.error_model = ErrorModel::poisson;
  options.polarization = 0.95;
  return options;
}

/// Poisson's counts.
template <class T>
Array counts(unsigned seed, double mean = 5) {
  std::mt19937 random(seed);
  std::poisson_distribution<int> poisson(mean);
  std::vector<T> pixels(small_rows * small_cols);
  for (T& pixel : pixels) pixel = static_cast<T>(poisson(random));
  return Array::of({small_rows, small_cols}, std::move(pixels));
}

/// Any values that the type has.
template <class T>
Array noise(unsigned seed) {
  std::mt19937_64 random(seed);
  std::vector<T> pixels(small_rows * small_cols);
  for (T& pixel : pixels) pixel = static_cast<T>(random());
  return Array::of({small_rows, small_cols}, std::move(pixels));
}

/// What each bin gets of pixels.
inline std::vector<double> parts_by_bin(const Divider& divider) {
  std::vector<Fraction> fractions;
  divider.divide(0, divider.pixels(), fractions);
  std::vector<double> parts(divider.bins());
  for (const Fraction& fraction : fractions) parts[fraction.bin] += fraction.part;
  return parts;
}

inline double sum(const Numbers& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

}  // namespace annulus::testing
