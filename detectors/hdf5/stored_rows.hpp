// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "detectors/hdf5/dataset.hpp"

namespace annulus::hdf5 {

/// A filter through which the chunks of a dataset went, with its parameters.
struct StoredFilter {
  int id = 0;
  std::vector<unsigned> parameters{};
};

/// The filters of a dataset of which every row is one chunk; nothing when its rows lie otherwise. Throws IoError.
[[nodiscard]] std::optional<std::vector<StoredFilter>> filters_of_rows(const Dataset& dataset);

/// True when the elements are stored with their most significant byte first. Throws IoError.
[[nodiscard]] bool is_big_endian(const Dataset& dataset);

/// The chunk of a row as it lies in the file, behind all filters; nothing when it was never written, or went through
/// some of the filters only. For datasets with filters_of_rows(). Throws IoError.
[[nodiscard]] std::optional<std::vector<std::byte>> read_stored_row(const Dataset& dataset, std::size_t row);

}  // namespace annulus::hdf5
