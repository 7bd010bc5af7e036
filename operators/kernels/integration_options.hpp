// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "operators/data/array.hpp"
#include "operators/data/units.hpp"

#include "detectors/geometry/detector.hpp"

namespace annulus {

/// How a pixel is shared between the bins it covers.
enum class Split : std::uint8_t {
  no,    ///< it belongs to the bin of its centre
  bbox,  ///< evenly over centre +- the distance to its farthest corner, in the radial and the azimuthal coordinate
};

/// Where the standard error of a pixel comes from.
enum class ErrorModel : std::uint8_t {
  none,
  poisson,  ///< variance = max(counts, 1), of the counts as they were measured (before the dark is subtracted)
};

enum class SolidAngle : std::uint8_t { ignore, correct };

/// What to do with the values by which the detector itself marks pixels without a measurement.
enum class DetectorBadValue : std::uint8_t { ignore, mask };

/// Exact bounds: lo <= x < hi.
struct Range {
  double lo = 0;
  double hi = 0;
};

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
  /// Attenuation times thickness of the sensor (see sensor_depth): rays at an angle cross more of it and are absorbed
  /// more. Without it this is not corrected.
  std::optional<double> sensor_depth;
  /// In `unit`; the bins divide it evenly. What lies outside is dropped, of a pixel on the bound the fraction outside.
  /// Without it the bins span all pixels that are not masked.
  std::optional<Range> radial_range;
  /// From lo counter-clockwise to hi [degrees], 0 along +x, 90 along +y. It may cross the cut at +-180 ([170, 190] and
  /// [170, -170] are the same sector). Fractions outside are dropped as for radial_range.
  std::optional<Range> azimuth_range;
  /// A value that marks bad pixels in the images; replaces the detector's own.
  std::optional<BadValue> dummy;
  DetectorBadValue detector_bad_value = DetectorBadValue::mask;
  /// (rows, cols), not 0 where a pixel must not be used. Gaps between modules are masked without it.
  std::optional<Array> mask;
  /// (rows, cols), relative efficiency; pixels where it is not positive and finite are masked.
  std::optional<Array> flat;
  /// (rows, cols) [counts], subtracted from every image; pixels where it is not finite are masked.
  std::optional<Array> dark;
};

/// "no" or "bbox". Throws ConfigError with a suggestion.
[[nodiscard]] Split parse_split(std::string_view name);
[[nodiscard]] std::string_view name_of(Split split) noexcept;

/// "none" or "poisson". Throws ConfigError with a suggestion.
[[nodiscard]] ErrorModel parse_error_model(std::string_view name);
[[nodiscard]] std::string_view name_of(ErrorModel model) noexcept;

/// Throws ConfigError that lists every mistake: no bins, empty or reversed ranges, NaN, polarization beyond 1.
void require_valid(const IntegrationOptions& options);

}  // namespace annulus
