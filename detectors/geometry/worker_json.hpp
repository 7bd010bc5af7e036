// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "operators/data/units.hpp"

#include "detectors/geometry/poni.hpp"

namespace annulus {

/// An integration as pyFAI's worker is told of it (pyFAI, io/integration_config.py, WorkerConfig version 5): what
/// pyFAI-integrate saves as JSON, and ewoksxrpd reads.
struct WorkerSettings {
  using Pair = std::array<double, 2>;
  enum class Method { integrate, sigma_clip, quantile };

  Poni poni;
  std::optional<Method> method;
  std::size_t radial_bins = 0;
  std::size_t azimuthal_bins = 1;         ///< 1: a pattern
  RadialUnit unit = RadialUnit::tth_deg;  ///< pyFAI's where the file names none
  SamplePose sample;
  std::optional<std::string> split;  ///< as pyFAI spells it
  std::string error_model = "none";  ///< the same, but for "none"
  std::optional<double> polarization;
  double polarization_offset = 0;  ///< [rad]
  double normalization_factor = 1;
  bool solid_angle = true;
  std::optional<BadValue> dummy;
  std::optional<std::filesystem::path> dark;
  std::optional<std::filesystem::path> flat;
  std::optional<std::filesystem::path> mask;
  std::optional<Pair> radial_range;   ///< [unit]
  std::optional<Pair> azimuth_range;  ///< [degrees]
  bool azimuths_from_zero = false;    ///< to 360 degrees, where there is no azimuth_range; else from -180 to 180
  std::optional<double> threshold;    ///< of sigma_clip
  std::optional<std::size_t> max_iterations;
  Pair percentile{50, 50};   ///< of quantile
  std::string monitor_name;  ///< empty: none
};

/// Reads such a JSON text of version 4 or 5. `where` names it in messages. What says how pyFAI computes and not what
/// (the algorithm, OpenCL) is not needed.
/// Throws ConfigError "where: ..." that lists every mistake, and every key that is not known or not supported.
[[nodiscard]] WorkerSettings parse_worker_json(std::string_view text, const std::string& where);

/// Reads the file; relative paths in it begin at its folder. Throws ConfigError as parse_worker_json does, also when
/// the file cannot be read.
[[nodiscard]] WorkerSettings read_worker_json(const std::filesystem::path& path);

}  // namespace annulus
