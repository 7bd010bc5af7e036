// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "detectors/hdf5/file.hpp"
#include "service/io/nexus/run_info.hpp"

namespace annulus::detail {

/// A key of a document as the name of a dataset: one that leads to no other group.
[[nodiscard]] std::string field_name(std::string_view key);

/// Whether a reading has a place in a column of numbers.
[[nodiscard]] bool is_number(const Value& value);

/// The numbers of a cake as a row of a file: fields of (azimuthal bins times radial bins) numbers, on the radial axis.
[[nodiscard]] Pattern row_of(Cake cake);

/// Writes everything of /entry that is known when a run starts: title, instrument, reduction, start document
/// (NXazint1d and NXazint2d 2025-11, without its NXdata). Returns the group. Throws IoError.
hdf5::Group write_entry(hdf5::File& file, const RunInfo& run, const BeamInfo& beam, const Provenance& provenance);

}  // namespace annulus::detail
