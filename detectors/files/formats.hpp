// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>

#include "detectors/files/image_series.hpp"
#include "detectors/files/image_spec.hpp"

// The formats behind open_images. Each yields all images of the file; the index of the specification is applied
// by the caller.
namespace annulus::detail {

/// No image may take more bytes than this, whatever a header says.
inline constexpr std::size_t max_image_bytes = std::size_t{4} << 30U;

/// Number of bytes of an image. Throws DataError, naming `where`, when it is empty or beyond max_image_bytes.
std::size_t checked_image_bytes(std::size_t rows, std::size_t cols, DType dtype, const std::string& where);

[[nodiscard]] std::unique_ptr<ImageSeries> open_tiff(const ImageSpec& spec);
[[nodiscard]] std::unique_ptr<ImageSeries> open_npy(const ImageSpec& spec);
[[nodiscard]] std::unique_ptr<ImageSeries> open_hdf5(const ImageSpec& spec);
/// The images of all files in a folder, one file after the other; numbers in their names are sorted as numbers.
[[nodiscard]] std::unique_ptr<ImageSeries> open_folder(const ImageSpec& spec, const std::optional<RawFormat>& raw);
[[nodiscard]] std::unique_ptr<ImageSeries> open_raw(const ImageSpec& spec, const RawFormat& format);

}  // namespace annulus::detail
