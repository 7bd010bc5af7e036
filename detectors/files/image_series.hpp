// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "operators/data/array.hpp"

#include "detectors/files/image_spec.hpp"

namespace annulus {

/// What a file without a header holds: images of one shape and type, one after the other.
struct RawFormat {
  std::size_t rows = 0;
  std::size_t cols = 0;
  WireType type;
};

/// The images of one file, read one at a time. One thread at a time may use it.
class ImageSeries {
 public:
  virtual ~ImageSeries() = default;

  /// How many images there are.
  [[nodiscard]] virtual std::size_t size() const = 0;
  /// Image `index` (rows, cols) as stored, row 0 first. Throws IoError or DataError.
  [[nodiscard]] virtual Array read(std::size_t index) = 0;
  /// A name for image `index`: the specification that reads exactly this one.
  [[nodiscard]] virtual std::string label(std::size_t index) const = 0;
};

/// Opens the images that `spec` names (see ImageSpec): TIFF (pages are images), npy, HDF5 (2-D or 3-D datasets), told
/// apart by how the file begins; any other file is raw and needs `raw`. An HDF5 file without a dataset path means, in
/// this order: NeXus' default plot, the usual places of images, the only 3-D dataset, the only 2-D dataset. A folder
/// means the images of all its files, but for those whose names begin with a dot or, without `raw`, that are of no
/// known kind. Throws IoError (cannot be read), DataError (is no image, or holds less than its header says).
[[nodiscard]] std::unique_ptr<ImageSeries> open_images(std::string_view spec,
                                                       const std::optional<RawFormat>& raw = std::nullopt);

/// The same for a specification that has been taken apart.
[[nodiscard]] std::unique_ptr<ImageSeries> open_images(const ImageSpec& spec,
                                                       const std::optional<RawFormat>& raw = std::nullopt);

/// The one image that `spec` names, (rows, cols). Throws as open_images does, and DataError when there are several.
[[nodiscard]] Array read_image(std::string_view spec, const std::optional<RawFormat>& raw = std::nullopt);

/// A mask (rows, cols) of u8 in any image format: 1 where the file is not zero (the pixel is left out), else 0.
[[nodiscard]] Array read_mask(std::string_view spec, const std::optional<RawFormat>& raw = std::nullopt);

}  // namespace annulus
