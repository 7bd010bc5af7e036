// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>

#include "operators/data/array.hpp"

namespace annulus {

/// Writes an image (rows, cols) as uncompressed TIFF, a stack (images, rows, cols) as one page each, in the array's
/// own type. Throws IoError; DataError when the array has another rank.
void write_tiff(const std::filesystem::path& path, const Array& array);

}  // namespace annulus
