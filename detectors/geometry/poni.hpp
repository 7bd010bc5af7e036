// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "detectors/geometry/detector.hpp"

namespace annulus {

/// What an orientation other than 3 means for the azimuth. The pixels are put in their places either way, so that
/// radial coordinates are the same.
enum class OrientationConvention : std::uint8_t {
  single_flip,  ///< no more than that: pyFAI since 2026.9
  double_flip,  ///< the axes of the laboratory are turned back as well: earlier pyFAI
};

/// The geometry of an experiment as pyFAI stores it: where the sample's normal meets the detector plane (the point of
/// normal incidence, PONI), how far away it is, and how the detector is turned.
struct Poni {
  Detector detector;
  double distance = 0;               ///< from the sample to the PONI [m]
  double poni1 = 0;                  ///< PONI along the rows, from the outer edge of the first row [m]
  double poni2 = 0;                  ///< PONI along the columns, from the outer edge of the first column [m]
  double rot1 = 0;                   ///< about the vertical axis, left-handed [rad]
  double rot2 = 0;                   ///< about the horizontal axis, left-handed [rad]
  double rot3 = 0;                   ///< about the beam, right-handed [rad]
  std::optional<double> wavelength;  ///< [m]
  bool parallax = false;  ///< the pixels are moved to where the rays they detect enter the sensor (see Parallax)
  OrientationConvention convention = OrientationConvention::single_flip;  ///< the file does not tell
};

/// Reads a poni file of version 1, 2, 2.1 or 3 (pyFAI, io/ponifile.py): "Key: value" lines, keys in any case, of a key
/// that occurs several times the last one; or the same as a JSON mapping, or the JSON of a worker that holds one (its
/// geometry alone: parse_worker_json reads the rest). The detector may be one that pyFAI described in an HDF5 file.
/// `where` names the file in messages. Throws ConfigError "where:line: ..." listing every mistake: unreadable numbers,
/// missing distance or PONI, unknown detectors, and what would change the geometry but is not supported (orientations
/// above 4, distortion files, binning).
[[nodiscard]] Poni parse_poni(std::string_view text, const std::string& where);

/// Reads the file. Throws ConfigError as parse_poni does, also when the file cannot be read.
[[nodiscard]] Poni read_poni(const std::filesystem::path& path);

/// The file as it stands, for records of what produced the data. Throws ConfigError when it cannot be read.
[[nodiscard]] std::string read_poni_text(const std::filesystem::path& path);

/// The text of a poni file, of version 2.1 or with parallax 3, that reads back to the same geometry.
[[nodiscard]] std::string to_poni_text(const Poni& poni);

/// Attenuation times thickness of the detector's sensor, along its normal. Throws ConfigError when material, thickness
/// or wavelength are not known.
[[nodiscard]] double sensor_depth(const Poni& poni);

/// "single_flip" or "double_flip".
[[nodiscard]] std::string_view name_of(OrientationConvention convention) noexcept;
/// Throws ConfigError with a suggestion.
[[nodiscard]] OrientationConvention parse_orientation_convention(std::string_view name);

/// Throws ConfigError unless distance, pixels and wavelength (when given) are positive and all numbers finite, and what
/// parallax needs is there.
void require_valid(const Poni& poni);

}  // namespace annulus
