// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "operators/data/array.hpp"

#include "detectors/geometry/sensor.hpp"

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

/// Which pixels have no sensor, or one that misbehaves.
enum class DeadArea : std::uint8_t {
  gaps,            ///< between modules, and the seams of CdTe modules
  module_borders,  ///< the outermost pixels of every module
  outside_circle,  ///< beyond the circle with half the rows as radius
  jungfrau_8m,     ///< all but the chips, which lie in no regular pattern
  jungfrau_16m,    ///< where chips meet
  nothing,
};

/// How pixels lie that are not equal rectangles in a plane.
enum class PixelLayout : std::uint8_t {
  uniform,
  wide_borders,  ///< pixels where modules meet are wider
  xpad,          ///< wide columns where modules meet, and strips without pixels between rows of modules
  cirpad,        ///< 20 such modules, each turned against the last
  cylinder,      ///< rows straight, columns bent around an axis parallel to them
};

/// Where pixels are that are not equal rectangles in a plane: lines that rows and columns share, or the corners of each
/// pixel. In the order of the image for Orientation::bottom_right.
struct PixelGrid {
  std::vector<double> row_edges;   ///< (rows + 1) [m]
  std::vector<double> col_edges;   ///< (cols + 1) [m]
  std::vector<double> col_depths;  ///< (cols + 1): how far behind the plane [m]; empty when flat
  std::vector<float> corners;      ///< (rows, cols, 4, 3) as z, y, x [m], instead of lines
};

/// A detector. Its pixels are equal rectangles in a plane unless its layout or a grid says otherwise.
struct Detector {
  std::string name = "Detector";
  double pixel1 = 0;     ///< height of a pixel, along the slow dimension (rows) [m]
  double pixel2 = 0;     ///< width of a pixel, along the fast dimension (columns) [m]
  std::size_t rows = 0;  ///< 0 when not known: the images decide (see sized_for)
  std::size_t cols = 0;  ///< 0 when not known
  std::optional<ModuleLayout> modules;
  std::optional<BadValue> bad_value;  ///< as signed integer; bad_value_of() gives it for a type of image
  Orientation orientation = Orientation::bottom_right;
  DeadArea dead = DeadArea::gaps;
  PixelLayout layout = PixelLayout::uniform;
  double border = 1;                                        ///< width of pixels where modules meet, in pixels
  double radius = 0;                                        ///< of a cylinder [m]
  std::optional<Sensor> sensor{};                           ///< when it is known
  std::string file{};                                       ///< that describes it, or empty; the rest comes from there
  std::shared_ptr<const PixelGrid> grid{};                  ///< that of a layout comes from grid_of()
  std::shared_ptr<const std::vector<std::uint8_t>> mask{};  ///< (rows * cols), instead of the dead area
  std::optional<Array> flat{};                              ///< (rows, cols), relative efficiency
  std::optional<Array> dark{};                              ///< (rows, cols) [counts]

  [[nodiscard]] bool has_shape() const noexcept { return rows > 0 && cols > 0; }
  friend bool operator==(const Detector&, const Detector&) = default;
};

/// The detector of that name: a class name of pyFAI ("Eiger2_4M"), or an alias ("Eiger2 4M"); case, spaces, underscores
/// and hyphens do not matter. A family name ("Pilatus") gives a detector without a shape, "Detector" one without
/// pixels. Empty when unknown.
[[nodiscard]] std::optional<Detector> find_detector(std::string_view name);

/// A way to read out a detector: `factor` pixels of the sensor along either side make one of `pixel` [m].
struct Binning {
  double factor;
  double pixel;
};

/// How the detector of that name may be binned, with the shape of its images without; no binnings for most.
struct Binnings {
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::span<const Binning> ways;
};
[[nodiscard]] Binnings binnings_of(std::string_view name);
/// How many pixels are read of a side of `pixels`.
[[nodiscard]] std::size_t binned_length(std::size_t pixels, double factor);

/// The class names of all known detectors, for messages.
[[nodiscard]] std::vector<std::string_view> all_detector_names();

/// Where the pixels of a detector are when they are not equal rectangles in a plane, else null. The detector must have
/// a shape.
[[nodiscard]] std::shared_ptr<const PixelGrid> grid_of(const Detector& detector);

/// The detector with the shape of the images if it had none; a known shape stays.
[[nodiscard]] Detector sized_for(Detector detector, const Shape& image);

/// (rows x cols), 1 where there is no sensor, or one that misbehaves. The detector must have a shape.
[[nodiscard]] std::vector<std::uint8_t> gap_mask(const Detector& detector);

/// The bad value as images of type `dtype` hold it: -2 +- 1.5 is 65534 +- 1.5 in uint16 (it is cast, as pyFAI does).
/// Floating-point images have none, unlike in pyFAI: detectors write integers, and once a dark is subtracted -1 is a
/// value like any other. There, NaN marks what is bad.
[[nodiscard]] std::optional<BadValue> bad_value_of(const Detector& detector, DType dtype);

}  // namespace annulus
