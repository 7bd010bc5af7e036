// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>

#include "detectors/hdf5/dataset.hpp"

namespace annulus::detail {

/// Throws DataError when rows of the dataset cannot be read: chunks went through a filter that neither HDF5 nor
/// read_row knows.
void require_readable(const hdf5::Dataset& dataset);

/// Row `row`, with a first dimension of 1. Chunks of one whole row that went only through bitshuffle with LZ4 (filter
/// 32008) or LZ4 (32004), as those of EIGER detectors, need no plugin. Throws as Dataset::read_rows does, and DataError
/// when a chunk cannot be decoded.
[[nodiscard]] Array read_row(const hdf5::Dataset& dataset, std::size_t row);

}  // namespace annulus::detail
