// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "operators/data/pattern.hpp"

namespace annulus {

// Arithmetic of patterns and cakes through their sums. Averages and errors of a result come from its sums, as those of
// a frame do. Number, time, readings and reduction are those of the first operand.
//
// Sums of pixels that lie wholly in one bin are exact, and so are signal, normalization and count in any case. A pixel
// that is split over bins which are then joined counts in `variance` as two independent ones: its variance is at most
// halved.

/// Computes intensity, sigma and std from the sums: NaN where normalization or count is 0; sigma and std stay empty
/// without variance, std also without normalization_squared.
void set_averages(Pattern& pattern);
void set_averages(Cake& cake);

/// Called as (count, f), calls f(first, last) for shares of 0 <= i < count, perhaps side by side.
using ForShares = std::function<void(std::size_t, const std::function<void(std::size_t, std::size_t)>&)>;
void set_averages(Pattern& pattern, const ForShares& for_shares);
void set_averages(Cake& cake, const ForShares& for_shares);

/// Divides a result by the monitor of its frame: every normalization becomes `monitor` times as large.
void normalize(Pattern& pattern, double monitor);
void normalize(Cake& cake, double monitor);

/// The average over the pixels of all frames, as if they were those of one: every sum adds. Scatter within a bin
/// (azimuthal model: `cross` is there) is measured from the common mean: variance_i + 2 (m_i - m) cross_i + (m_i - m)^2
/// normalization_squared_i with m the intensities. Throws DataError for no patterns, or other axes or fields.
[[nodiscard]] Pattern unite(std::span<const Pattern> patterns);
[[nodiscard]] Cake unite(std::span<const Cake> cakes);

/// The pattern of the frame that is the sum of both, which are independent of each other: signal and variance add;
/// normalizations and counts must be the same. Throws DataError otherwise, or for other axes or fields.
[[nodiscard]] Pattern add(const Pattern& a, const Pattern& b);
[[nodiscard]] Cake add(const Cake& a, const Cake& b);

/// a - scale b, as for a background that is to be subtracted. Bins where either has no pixels become empty; the
/// normalizations may differ: b is brought to that of a. Throws DataError for other axes or fields.
[[nodiscard]] Pattern subtract(const Pattern& a, const Pattern& b, double scale = 1);
[[nodiscard]] Cake subtract(const Cake& a, const Cake& b, double scale = 1);

/// Joins every `factor` neighbouring bins to one; the last may have fewer. Throws DataError for a factor of 0.
[[nodiscard]] Pattern rebin(const Pattern& pattern, std::size_t factor);
/// The same along both axes.
[[nodiscard]] Cake rebin(const Cake& cake, std::size_t azimuthal_factor, std::size_t radial_factor);

/// All azimuthal bins joined: intensity over the radius.
[[nodiscard]] Pattern over_radius(const Cake& cake);

/// All radial bins joined: intensity over the azimuth, on an axis of the unit chi_deg.
[[nodiscard]] Pattern over_azimuth(const Cake& cake);

}  // namespace annulus
