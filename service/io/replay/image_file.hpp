// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <filesystem>

#include "operators/data/array.hpp"

#include "detectors/hdf5/file.hpp"

namespace annulus {

/// An HDF5 file as areaDetector writes one: images in /entry/data/data, one a chunk, for others to read while they are
/// appended (SWMR).
class ImageFile final {
 public:
  static constexpr const char* dataset = "/entry/data/data";

  /// Makes the file, and folders above it, for images of the shape and type of `first`. Throws IoError.
  ImageFile(const std::filesystem::path& path, const Array& first);

  /// Appends an image and brings it to the file; returns its index. Throws IoError, and DataError when it is not of the
  /// shape and type of the first.
  std::size_t append(const Array& image);

 private:
  hdf5::File file_;
  hdf5::Dataset images_;
  DType dtype_;
  Shape shape_;
  std::size_t count_ = 0;
};

}  // namespace annulus
