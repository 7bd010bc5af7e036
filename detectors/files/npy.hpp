// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "operators/data/array.hpp"
#include "operators/data/error.hpp"

namespace annulus {

/// What the header of a .npy file says (numpy.lib.format).
struct NpyHeader {
  WireType type;
  bool fortran_order = false;  ///< first index fastest
  Shape shape;
  friend bool operator==(const NpyHeader& a, const NpyHeader& b) {
    return a.type.dtype == b.type.dtype && a.type.swapped == b.type.swapped && a.fortran_order == b.fortran_order &&
           a.shape == b.shape;
  }
};

/// Reads the dictionary in a .npy header, "{'descr': '<u2', 'fortran_order': False, 'shape': (3, 4), }": exactly these
/// keys with values of these forms, nothing evaluated. Booleans count as u8.
[[nodiscard]] Expected<NpyHeader, DecodeError> parse_npy_header(std::string_view text);

/// Writes an array as .npy version 1.0. Throws IoError.
void write_npy(const std::filesystem::path& path, const Array& array);

}  // namespace annulus
