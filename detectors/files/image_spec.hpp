// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace annulus {

/// Where images are: "frame.tif", "stack.npy:3", "run.h5:/entry/data/data", "run.h5:/entry/data/data:3".
struct ImageSpec {
  std::filesystem::path path;
  std::string dataset;               ///< absolute path inside an HDF5 file; empty when not given
  std::optional<std::size_t> index;  ///< one image of a stack, from 0; all when absent
};

/// Takes a specification apart. A text that names an existing file as it stands is only that file, so names with
/// colons work. Opens nothing.
[[nodiscard]] ImageSpec parse_image_spec(std::string_view text);

}  // namespace annulus
