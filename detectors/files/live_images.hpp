// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "operators/data/array.hpp"
#include "operators/data/error.hpp"
#include "operators/data/image_files.hpp"

namespace annulus {

/// The path of the file that holds image `index`, counted from 0 through all files.
[[nodiscard]] std::string path_of_image(const ImageFiles& files, std::uint64_t index);

/// Images in files that a detector may still be writing, or has not yet begun. Nothing here disturbs the writer: files
/// are opened for reading only and no lock is kept on them. One thread at a time.
class LiveImages {
 public:
  virtual ~LiveImages() = default;
  /// Image `index` (rows, cols), counted from 0 through all files; as an error, the reason why it is not there yet: ask
  /// again later. Throws DataError when waiting will not help.
  [[nodiscard]] virtual Expected<Array, std::string> read(std::uint64_t index) = 0;
};

/// Opens nothing yet. The paths are those of this machine. A growing file is HDF5: it can be read while it is appended
/// to in SWMR mode, else once its writer has closed it; the images of a dataset are its last two dimensions, counted
/// through all others. Numbered files are of any kind that open_images knows, one or several images each.
[[nodiscard]] std::unique_ptr<LiveImages> follow_images(const ImageFiles& files);

}  // namespace annulus
