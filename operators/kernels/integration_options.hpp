// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "operators/data/array.hpp"
#include "operators/data/units.hpp"

#include "detectors/geometry/detector.hpp"

namespace annulus {

/// How a pixel is shared between the bins it covers.
enum class Split : std::uint8_t {
  no,    ///< it belongs to the bin of its centre
  bbox,  ///< evenly over centre +- the distance to its farthest corner, in the radial and the azimuthal coordinate
  full,  ///< by area after the polygon of its corners, in the radial and the azimuthal coordinate
};

/// Where the standard error of a pixel comes from.
enum class ErrorModel : std::uint8_t {
  none,
  poisson,    ///< variance = max(counts, 1), of the counts as they were measured (before the dark is subtracted)
  variance,   ///< given for every pixel
  azimuthal,  ///< how far the pixels of a bin are from their mean
  hybrid,     ///< azimuthal where pixels are clipped, Poisson's for the result
};

/// How the bins of an axis divide its range.
enum class Spacing : std::uint8_t { linear, logarithmic };

enum class SolidAngle : std::uint8_t { ignore, correct };

/// What to do with the values by which the detector itself marks pixels without a measurement.
enum class DetectorBadValue : std::uint8_t { ignore, mask };

/// Exact bounds: lo <= x < hi.
struct Range {
  double lo = 0;
  double hi = 0;
};

/// From `start` counter-clockwise over `extent` [degrees], 0 along +x, 90 along +y; it may cross the cut at +-180.
struct Sector {
  double start = -180;
  double extent = 360;  ///< more than 0, at most 360
};

/// The sector from lo to hi [degrees]: [170, 190] and [170, -170] are the same. It has no extent when they are equal.
[[nodiscard]] Sector sector_between(double lo, double hi) noexcept;

/// What an Integrator does. Names and spellings are pyFAI's.
struct IntegrationOptions {
  std::size_t bins = 1000;
  RadialUnit unit = RadialUnit::q_nm;
  SamplePose sample;  ///< for units of grazing incidence and of fibres
  Split split = Split::bbox;
  ErrorModel error_model = ErrorModel::none;
  SolidAngle solid_angle = SolidAngle::correct;
  /// (I_horizontal - I_vertical) / (I_horizontal + I_vertical), -1 to 1; without it polarization is not corrected.
  std::optional<double> polarization;
  /// Of `polarization`: the angle between its axis and x [rad].
  double polarization_offset = 0;
  /// Attenuation times thickness of the sensor (see sensor_depth): rays at an angle cross more of it and are absorbed
  /// more. Without it this is not corrected.
  std::optional<double> sensor_depth;
  /// In `unit`; the bins divide it evenly. What lies outside is dropped, of a pixel on the bound the fraction outside.
  /// Without it the bins span all pixels that are not masked.
  std::optional<Range> radial_range;
  Spacing spacing = Spacing::linear;
  /// (bins + 1) bounds of the radial bins in `unit`, increasing, instead of a number, a range and a spacing.
  std::vector<double> edges;
  /// What lies outside is dropped as for radial_range.
  std::optional<Sector> sector;
  /// Bins that divide the sector evenly; 0: no azimuthal axis.
  std::size_t azimuthal_bins = 0;
  /// Bounds of the azimuthal bins [degrees], increasing over at most 360, instead of a sector and a number.
  std::vector<double> azimuthal_edges;
  /// A value that marks bad pixels in the images; replaces the detector's own.
  std::optional<BadValue> dummy;
  DetectorBadValue detector_bad_value = DetectorBadValue::mask;
  /// (rows, cols), not 0 where a pixel must not be used. Gaps between modules are masked without it.
  std::optional<Array> mask;
  /// (rows, cols), relative efficiency; pixels where it is not positive and finite are masked.
  std::optional<Array> flat;
  /// (rows, cols) [counts], subtracted from every image; pixels where it is not finite are masked.
  std::optional<Array> dark;
  /// (rows, cols), added to the variance of every pixel.
  std::optional<Array> dark_variance;
};

/// "no", "bbox" or "full". Throws ConfigError with a suggestion.
[[nodiscard]] Split parse_split(std::string_view name);
[[nodiscard]] std::string_view name_of(Split split) noexcept;

/// "none", "poisson", "variance", "azimuthal" or "hybrid". Throws ConfigError with a suggestion.
[[nodiscard]] ErrorModel parse_error_model(std::string_view name);
[[nodiscard]] std::string_view name_of(ErrorModel model) noexcept;

/// "linear" or "logarithmic". Throws ConfigError with a suggestion.
[[nodiscard]] Spacing parse_spacing(std::string_view name);
[[nodiscard]] std::string_view name_of(Spacing spacing) noexcept;

/// Throws ConfigError that lists every mistake: no bins, empty or reversed ranges, NaN, polarization beyond 1.
void require_valid(const IntegrationOptions& options);

}  // namespace annulus
