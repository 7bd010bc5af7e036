// SPDX-License-Identifier: BSD-3-Clause
// show_geometry PONI WHAT [INCIDENT_ANGLE TILT_ANGLE SAMPLE_ORIENTATION]: what the geometry of a poni file gives, to
// stdout as float64 (native byte order), for tests/e2e/test_geometry_against_pyfai.py. WHAT is one of
//   centres (rows, cols, 3), corners (rows, cols, 4, 3) [m] as z, y, x;
//   cos_incidence (rows, cols); mask (rows, cols), of bytes; detector: rows, cols, pixel1, pixel2;
//   or the name of a unit: (rows, cols) in that unit.
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "operators/data/error.hpp"

#include "detectors/geometry/coordinates.hpp"
#include "detectors/geometry/pixel_positions.hpp"

namespace annulus {
namespace {

void put(const std::vector<double>& values) { std::fwrite(values.data(), sizeof(double), values.size(), stdout); }

void put(std::span<const LabPoint> points) {
  for (const LabPoint& p : points) put(std::vector<double>{p.z, p.y, p.x});
}

void put_coordinates(const Poni& poni, std::string_view name, const SamplePose& pose) {
  const auto unit = parse_radial_unit(name);
  if (!unit) throw ConfigError("unknown unit");
  const PixelPositions pixels(poni);
  const RadialCoordinate coordinate(*unit, poni.wavelength, pose);
  std::vector<LabPoint> points(pixels.cols());
  std::vector<double> values(pixels.cols());
  for (std::size_t row = 0; row < pixels.rows(); ++row) {
    pixels.centres(row, points);
    coordinate(points, values);
    for (double& value : values) value *= info(*unit).scale;
    put(values);
  }
}

void show(const Poni& poni, std::string_view what, const SamplePose& pose) {
  const PixelPositions pixels(poni);
  std::vector<LabPoint> points(pixels.cols());
  std::vector<std::array<LabPoint, 4>> corners(pixels.cols());
  std::vector<double> values(pixels.cols());
  const Detector& d = poni.detector;
  if (what == "detector") return put({static_cast<double>(d.rows), static_cast<double>(d.cols), d.pixel1, d.pixel2});
  if (what == "mask") {
    const auto mask = gap_mask(d);
    std::fwrite(mask.data(), 1, mask.size(), stdout);
    return;
  }
  if (what != "centres" && what != "corners" && what != "cos_incidence") return put_coordinates(poni, what, pose);
  for (std::size_t row = 0; row < pixels.rows(); ++row) {
    if (what == "centres") {
      pixels.centres(row, points);
      put(points);
    } else if (what == "corners") {
      pixels.corners(row, corners);
      for (const auto& pixel : corners) put(pixel);
    } else {
      pixels.cos_incidence(row, values);
      put(values);
    }
  }
}

}  // namespace
}  // namespace annulus

int main(int argc, char** argv) {
  if (argc != 3 && argc != 6) {
    std::fputs("usage: show_geometry PONI WHAT [INCIDENT_ANGLE TILT_ANGLE SAMPLE_ORIENTATION]\n", stderr);
    return 2;
  }
  try {
    annulus::SamplePose pose;
    if (argc == 6) pose = {std::stod(argv[3]), std::stod(argv[4]), std::stoi(argv[5])};
    annulus::show(annulus::read_poni(argv[1]), argv[2], pose);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
