// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "service/io/replay/recording.hpp"

namespace annulus {

/// How documents point to images in a file (event-model).
enum class Reference {
  stream_resource,  ///< stream_resource and stream_datum, as ophyd-async does
  resource          ///< resource (spec AD_HDF5_SWMR) and datum, as ophyd's area detectors do
};

/// A run whose images do not travel: the arrays under `image_key` in the events of `recording` are appended to an HDF5
/// file `folder`/UID.h5, which other processes may read meanwhile (SWMR), and documents that point to them take their
/// place. An image is in the file before it is announced. next() throws IoError when the file cannot be written,
/// DataError when the images differ in shape or type.
[[nodiscard]] std::unique_ptr<Recording> by_reference(std::unique_ptr<Recording> recording, Reference reference,
                                                      const std::string& image_key,
                                                      const std::filesystem::path& folder);

}  // namespace annulus
