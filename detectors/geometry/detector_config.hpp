// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "detectors/geometry/detector.hpp"

namespace annulus {

/// Gives a detector of the catalogue another pixel size [m]; a multiple of its own means binned images of fewer pixels,
/// which are refused of detectors with modules. Returns what is wrong, or an empty text.
[[nodiscard]] std::string set_pixel(Detector& detector, double& pixel, double size);

/// What the key "filename" of a Detector_config says; empty without it.
[[nodiscard]] std::optional<std::string> filename_in(std::string_view json);

/// Applies the Detector_config of a poni file, a JSON mapping such as {"pixel1": 1e-4, "orientation": 3}, to a detector
/// of the catalogue. Returns what is wrong with it, empty when nothing is.
[[nodiscard]] std::vector<std::string> apply_config(Detector& detector, std::string_view json);

}  // namespace annulus
