// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/geometry/nexus_detector.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "operators/data/error.hpp"

#include "detectors/hdf5/file.hpp"
#include "detectors/hdf5/group.hpp"

namespace annulus {
namespace {

constexpr std::size_t numbers_per_pixel = 12;  // 4 corners of z, y, x

std::optional<hdf5::Group> find_group(const hdf5::Group& root) {
  std::string last;
  for (const std::string& name : root.dataset_names()) {
    const std::size_t slash = name.rfind('/');
    if (slash == std::string::npos || name.substr(0, slash) == last) continue;
    last = name.substr(0, slash);
    hdf5::Group group = root.group(last);
    if (group.text_attribute("NX_class") == "NXdetector") return group;
  }
  return std::nullopt;
}

std::vector<double> numbers(const hdf5::Group& group, const std::string& name) {
  if (!group.is_dataset(name)) return {};
  return group.dataset(name).read().to_vector<double>();
}

std::optional<double> number(const hdf5::Group& group, const std::string& name) {
  const std::vector<double> values = numbers(group, name);
  return values.size() == 1 ? std::optional(values[0]) : std::nullopt;
}

void require(bool holds, const std::string& problem) {
  if (!holds) throw ConfigError(problem);
}

/// Rows and columns of what the group holds of the whole image.
void read_shape(const hdf5::Group& group, Detector& detector) {
  for (const char* name : {"shape", "max_shape"}) {
    const std::vector<double> shape = numbers(group, name);
    if (shape.size() != 2 || !(shape[0] >= 1 && shape[1] >= 1 && shape[0] < 1e6 && shape[1] < 1e6)) continue;
    detector.rows = static_cast<std::size_t>(shape[0]);
    detector.cols = static_cast<std::size_t>(shape[1]);
    return;
  }
  for (const char* name : {"mask", "flatfield", "darkcurrent"}) {
    if (!group.is_dataset(name)) continue;
    const Shape shape = group.dataset(name).shape();
    if (shape.size() != 2) continue;
    detector.rows = shape[0];
    detector.cols = shape[1];
    return;
  }
  throw ConfigError("the detector has no shape (neither shape nor max_shape nor an image)");
}

std::optional<Array> read_image(const hdf5::Group& group, const std::string& name, const Detector& detector) {
  if (!group.is_dataset(name)) return std::nullopt;
  Array image = group.dataset(name).read();
  require(image.shape() == Shape{detector.rows, detector.cols},
          fmt::format("{} is {} but the detector is {} x {}", name, to_string(image.shape()), detector.rows,
                      detector.cols));
  return image;
}

void read_mask(const hdf5::Group& group, Detector& detector) {
  detector.dead = DeadArea::nothing;
  const auto image = read_image(group, "mask", detector);
  if (!image) return;
  std::vector<std::uint8_t> mask(detector.rows * detector.cols);
  image->visit([&](auto values) {
    for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = values[i] != 0 ? 1 : 0;
  });
  detector.mask = std::make_shared<const std::vector<std::uint8_t>>(std::move(mask));
}

void read_corners(const hdf5::Group& group, Detector& detector) {
  if (!group.is_dataset("pixel_corners")) return;
  const Array array = group.dataset("pixel_corners").read();
  require(array.shape() == Shape{detector.rows, detector.cols, 4, 3},
          fmt::format("pixel_corners is {} but should be {} x {} x 4 x 3 (only pixels of 4 corners, not binned, are "
                      "supported)",
                      to_string(array.shape()), detector.rows, detector.cols));
  require(
      detector.orientation == Orientation::bottom_right,
      fmt::format("the file has pixel_corners and orientation {} (versions of pyFAI disagree whether the corners are "
                  "turned already) save it with orientation 3",
                  static_cast<int>(detector.orientation)));
  auto grid = std::make_shared<PixelGrid>();
  grid->corners = array.to_vector<float>();
  std::vector<std::uint8_t> mask =
      detector.mask ? *detector.mask : std::vector<std::uint8_t>(detector.rows * detector.cols, 0);
  for (std::size_t i = 0; i < mask.size(); ++i) {
    const auto pixel = std::span(grid->corners).subspan(i * numbers_per_pixel, numbers_per_pixel);
    if (std::ranges::all_of(pixel, [](float v) { return std::isfinite(v); })) continue;
    mask[i] = 1;
    std::ranges::fill(pixel, 0.0F);
  }
  detector.mask = std::make_shared<const std::vector<std::uint8_t>>(std::move(mask));
  detector.grid = std::move(grid);
}

Detector read_group(const hdf5::Group& group) {
  Detector detector;
  detector.name = "NexusDetector";
  read_shape(group, detector);
  if (const std::vector<double> size = numbers(group, "pixel_size"); size.size() == 2) {
    detector.pixel1 = size[0];
    detector.pixel2 = size[1];
  }
  require(detector.pixel1 > 0 && detector.pixel2 > 0, "pixel_size is missing or not positive");
  const double corners = number(group, "CORNERS").value_or(4);
  require(corners == 4, fmt::format("pixels have {} corners (only 4 are supported)", corners));
  if (const auto orientation = number(group, "orientation"); orientation && *orientation != 0) {
    require(*orientation >= 1 && *orientation <= 4, fmt::format("orientation {} is not supported", *orientation));
    detector.orientation = static_cast<Orientation>(*orientation);
  }
  if (const auto dummy = number(group, "dummy")) {
    detector.bad_value = BadValue{*dummy, number(group, "delta_dummy").value_or(0)};
  }
  read_mask(group, detector);
  read_corners(group, detector);
  detector.flat = read_image(group, "flatfield", detector);
  detector.dark = read_image(group, "darkcurrent", detector);
  if (group.is_dataset("sensor_material")) {
    detector.sensor =
        Sensor{group.dataset("sensor_material").read_text(), number(group, "sensor_thickness").value_or(0)};
  }
  return detector;
}

}  // namespace

Detector read_nexus_detector(const std::filesystem::path& path) {
  try {
    const hdf5::File file = hdf5::File::open(path);
    const auto group = find_group(file.root());
    require(group.has_value(), "there is no detector in it (no group of class NXdetector)");
    Detector detector = read_group(*group);
    detector.file = path.string();
    return detector;
  } catch (const std::exception& error) {
    throw ConfigError(fmt::format("{}: {} (a detector saved by pyFAI is expected)", path.string(), error.what()));
  }
}

}  // namespace annulus
