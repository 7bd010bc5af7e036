// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "operators/data/pattern.hpp"

namespace annulus {

/// What a file says of the run that it holds.
struct RunInfo {
  std::string uid{};
  std::string title{};
  double start_time = 0;     ///< [s since 1970-01-01 UTC]
  std::string start_json{};  ///< the start document as JSON, without large arrays
};

/// Where the beam came from. Empty texts are written as "unknown".
struct BeamInfo {
  std::optional<double> wavelength{};  ///< [m]
  std::string instrument{};
  std::string source{};       ///< "NSLS-II"
  std::string source_type{};  ///< "Synchrotron X-ray Source"
  std::string probe = "x-ray";
};

/// How the results came about: enough to make them again.
struct Provenance {
  std::string version{};  ///< of Annulus
  std::string date{};     ///< when the reduction was started, ISO 8601
  std::string config{};   ///< text of the configuration
  std::string poni{};     ///< text of the geometry
  Dict options{};         ///< parameters of the integration, by name: texts and numbers
  bool solid_angle_applied = false;
  bool polarization_applied = false;
  bool normalization_applied = false;  ///< divided by a flat field or a monitor
};

enum class Sigmas { none, stored };  ///< whether results carry errors

/// What must be known before rows can be written.
struct RowLayout {
  std::shared_ptr<const RadialAxis> axis{};
  std::shared_ptr<const AzimuthalAxis> azimuthal_axis{};  ///< null for patterns
  Sigmas sigmas = Sigmas::none;
  std::vector<std::string> readings{};  ///< keys of the readings that get a column
  /// Which of normalization_squared, std and cross the patterns carry.
  std::vector<Numbers Pattern::*> further{};

  /// Numbers of one field in a row.
  [[nodiscard]] std::size_t bins() const { return axis->bins() * (azimuthal_axis ? azimuthal_axis->bins() : 1); }
};

/// The layout that suits a pattern: its axis, its errors and sums, its numeric readings.
[[nodiscard]] RowLayout layout_of(const Pattern& pattern);
[[nodiscard]] RowLayout layout_of(const Cake& cake);

/// "2026-11-23T10:07:50.123456+00:00" from seconds since 1970-01-01 UTC; empty for times outside years 1 to 9999.
[[nodiscard]] std::string iso_time(double seconds);

}  // namespace annulus
