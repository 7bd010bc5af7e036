// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace annulus {

/// How the number in a file's name is written: at least `width` characters, filled up with zeros or blanks.
struct NumberForm {
  std::size_t width = 0;
  bool zeros = false;
  friend bool operator==(const NumberForm&, const NumberForm&) = default;
};

/// Where a detector writes images: one HDF5 file that grows, or files with running numbers. Paths are as the detector
/// knows them.
struct ImageFiles {
  std::string path;                   ///< absolute; of numbered files: what stands before the number
  std::string dataset{};              ///< in an HDF5 file; a group stands for its data_000001, data_000002, ...
  std::optional<NumberForm> number;   ///< empty: all images are in one file
  std::string suffix{};               ///< what stands behind the number
  std::uint64_t images_per_file = 1;  ///< of numbered files
  friend bool operator==(const ImageFiles&, const ImageFiles&) = default;
};

}  // namespace annulus
