// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "operators/data/array.hpp"

#include "detectors/hdf5/handle.hpp"

namespace annulus::hdf5::detail {

/// HDF5's own type for elements in memory. Not to be closed.
[[nodiscard]] Id native_type(DType dtype);
/// UTF-8 text of any length.
[[nodiscard]] Handle text_type();
/// UTF-8 text of at most `width` bytes, padded with NUL.
[[nodiscard]] Handle text_type(std::size_t width);
/// The enumeration {FALSE, TRUE} on int8 that h5py reads as bool.
[[nodiscard]] Handle flag_type();
/// The type that holds the elements of an HDF5 type: enumerations become their base integer, half floats f32.
/// Throws DataError for text, compounds and other things that are no numbers; `name` is for its message.
[[nodiscard]] DType dtype_of(Id type, const std::string& name);
/// A dataspace of fixed extent; {} is a scalar.
[[nodiscard]] Handle space_of(const Shape& shape);
/// The extent of a dataspace.
[[nodiscard]] Shape shape_of(Id space);

}  // namespace annulus::hdf5::detail
