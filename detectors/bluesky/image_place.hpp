// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "operators/data/error.hpp"
#include "operators/data/image_files.hpp"
#include "operators/data/value.hpp"

namespace annulus::bluesky {

/// What a resource or stream_resource document says.
struct ImageResource {
  ImageFiles files;
  std::string data_key;                     ///< empty: the document does not say
  std::uint64_t images_per_point = 1;       ///< of the datums of a resource: frame_per_point
  std::optional<std::uint64_t> multiplier;  ///< of a stream_resource: images of each index
  bool by_series = false;                   ///< datums name an EIGER series ("seq_id"), each with a file of its own
};

/// The path of a file URI, percent signs decoded: "/data/a.h5", or "//host/data/a.h5" for another machine than this.
/// Anything but "file:" is an error: nothing is fetched from a network.
[[nodiscard]] Expected<std::string, std::string> path_of_uri(std::string_view uri);

/// Files with running numbers as detectors name them: a template "name_{:06d}.tiff" or "%s%s_%6.6d.tiff", in which
/// the texts `first` and `second` take the place of the first two "%s" (or "{:s}").
[[nodiscard]] Expected<ImageFiles, std::string> numbered_files(std::string_view pattern, std::string_view first,
                                                               std::string_view second);

/// Reads a stream_resource (event-model 1.20 and later: uri and mimetype; before: spec, root and resource_path).
[[nodiscard]] Expected<ImageResource, std::string> read_stream_resource(const Dict& document);

/// Reads a resource with one of the specs of area_detector_handlers: AD_TIFF, AD_HDF5, AD_HDF5_SWMR, AD_HDF5_SINGLE,
/// TPX_HDF5, AD_EIGER, AD_EIGER2, AD_EIGER_SLICE.
[[nodiscard]] Expected<ImageResource, std::string> read_resource(const Dict& document);

}  // namespace annulus::bluesky
