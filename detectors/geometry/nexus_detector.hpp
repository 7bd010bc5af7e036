// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>

#include "detectors/geometry/detector.hpp"

namespace annulus {

/// Reads a detector that pyFAI described in an HDF5 file (Detector.save, API versions 1.0 to 1.2): the first group of
/// class NXdetector with its pixel size, shape, corners of pixels, mask, bad value, flat field, dark, orientation and
/// sensor. Pixels whose corners are not finite are masked.
/// Throws ConfigError for a file that cannot be read or is none, for pixels with other than 4 corners, and for corners
/// together with an orientation other than 3, of which versions of pyFAI disagree whether they are turned already.
[[nodiscard]] Detector read_nexus_detector(const std::filesystem::path& path);

}  // namespace annulus
