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

  Poni poni;
  std::size_t radial_bins = 0;
  std::size_t azimuthal_bins = 0;  ///< 0: a pattern
  RadialUnit unit = RadialUnit::q_nm;
  SamplePose sample;
  std::string split = "bbox";        ///< as pyFAI spells it
  std::string error_model = "none";  ///< the same
  std::optional<double> polarization;
  double polarization_offset = 0;  ///< [rad]
  double normalization_factor = 1;
  bool solid_angle = true;
  std::optional<BadValue> dummy;
  std::optional<std::filesystem::path> dark;
  std::optional<std::filesystem::path> flat;
  std::optional<std::filesystem::path> mask;
  std::optional<Pair> radial_range;               ///< [unit]
  std::optional<Pair> azimuth_range;              ///< [degrees]
  std::string integrator_method = "integrate1d";  ///< as pyFAI spells it
  std::string monitor_name;                       ///< empty: none
};

/// Reads such a JSON text of version 4 or 5. `where` names it in messages. What says how pyFAI computes and not what
/// (the algorithm, OpenCL, where chi is cut) is not needed.
/// Throws ConfigError "where: ..." that lists every mistake, and every key that is not known or not supported.
[[nodiscard]] WorkerSettings parse_worker_json(std::string_view text, const std::string& where);

}  // namespace annulus
