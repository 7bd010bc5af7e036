// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <fstream>
#include <vector>

#include "operators/data/frame.hpp"

#include "detectors/geometry/poni.hpp"

namespace annulus::testing {

/// The images of a detector of 6 x 8 pixels; frame k differs from the others in every pixel.
inline const Shape small_shape{6, 8};

inline Frame small_frame(std::uint64_t k, Shape shape = small_shape) {
  std::vector<std::uint16_t> values(count_of(shape));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::uint16_t>(10 + 7 * k + i % 5);
  return {.number = k,
          .time = 100 + static_cast<double>(k),
          .pixels = Array::of<std::uint16_t>(std::move(shape), std::move(values)),
          .readings = nullptr};
}

/// The geometry of that detector, the beam at its centre. Without a shape, the images decide.
inline Poni small_poni() {
  Poni poni;
  poni.detector.pixel1 = poni.detector.pixel2 = 1e-3;
  poni.detector.rows = 6;
  poni.detector.cols = 8;
  poni.distance = 0.1;
  poni.poni1 = 3e-3;
  poni.poni2 = 4e-3;
  poni.wavelength = 1e-10;
  return poni;
}

inline std::string write_poni(const std::filesystem::path& path, const Poni& poni = small_poni()) {
  std::ofstream(path) << to_poni_text(poni);
  return path.string();
}

inline Poni without_shape(Poni poni) {
  poni.detector.rows = poni.detector.cols = 0;
  return poni;
}

}  // namespace annulus::testing
