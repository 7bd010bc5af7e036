// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "operators/data/array.hpp"

namespace annulus {

/// How a detector is tiled: modules with dead strips between them, as DECTRIS builds them.
struct ModuleLayout {
  std::size_t rows = 0;          ///< of one module [pixels]
  std::size_t cols = 0;          ///< of one module [pixels]
  std::size_t gap_rows = 0;      ///< between two modules [pixels]
  std::size_t gap_cols = 0;      ///< between two modules [pixels]
  std::size_t dead_columns = 0;  ///< in the middle of every module: the seam of two CdTe crystals [pixels]
  friend bool operator==(const ModuleLayout&, const ModuleLayout&) = default;
};

/// Values that a detector writes where it has no measurement: every v with |v - value| <= delta.
struct BadValue {
  double value = 0;
  double delta = 0;
  friend bool operator==(const BadValue&, const BadValue&) = default;
};

/// Where the first pixel of an image is, named as it looks from behind the detector towards the sample (the numbers are
/// those of EXIF).
enum class Orientation : std::uint8_t {
  top_left = 1,
  top_right = 2,
  bottom_right = 3,  ///< pyFAI's native one: bottom left as the sample sees it
  bottom_left = 4,
};

/// A flat detector of equal rectangular pixels.
struct Detector {
  std::string name = "Detector";
  double pixel1 = 0;     ///< height of a pixel, along the slow dimension (rows) [m]
  double pixel2 = 0;     ///< width of a pixel, along the fast dimension (columns) [m]
  std::size_t rows = 0;  ///< 0 when not known: the images decide (see sized_for)
  std::size_t cols = 0;  ///< 0 when not known
  std::optional<ModuleLayout> modules;
  std::optional<BadValue> bad_value;  ///< as signed integer; bad_value_of() gives it for a type of image
  Orientation orientation = Orientation::bottom_right;

  [[nodiscard]] bool has_shape() const noexcept { return rows > 0 && cols > 0; }
  friend bool operator==(const Detector&, const Detector&) = default;
};

/// The detector of that name: a class name of pyFAI ("Eiger2_4M"), or an alias ("Eiger2 4M"); case, spaces, underscores
/// and hyphens do not matter. A family name ("Pilatus") gives a detector without a shape, "Detector" one without
/// pixels. Empty when unknown.
[[nodiscard]] std::optional<Detector> find_detector(std::string_view name);

/// The class names of all known detectors, for messages.
[[nodiscard]] std::vector<std::string_view> all_detector_names();

/// The detector with the shape of the images if it had none; a known shape stays.
[[nodiscard]] Detector sized_for(Detector detector, const Shape& image);

/// (rows x cols), 1 where there is no sensor: between modules and in the seams of CdTe modules. All 0 for a detector
/// without modules. The detector must have a shape.
[[nodiscard]] std::vector<std::uint8_t> gap_mask(const Detector& detector);

/// The bad value as images of type `dtype` hold it: -2 +- 1.5 is 65534 +- 1.5 in uint16 (it is cast, as pyFAI does).
/// Floating-point images have none, unlike in pyFAI: detectors write integers, and once a dark is subtracted -1 is a
/// value like any other. There, NaN marks what is bad.
[[nodiscard]] std::optional<BadValue> bad_value_of(const Detector& detector, DType dtype);

}  // namespace annulus
