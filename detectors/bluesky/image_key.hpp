// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "operators/data/error.hpp"
#include "operators/data/value.hpp"

namespace annulus::bluesky {

/// What a descriptor says of the images of a stream.
struct ImageKey {
  /// Where the images are: in the events; in files that stream_datum documents tell of ("STREAM:"); in files, with the
  /// datum_id in the event (any other value of "external").
  enum class Place : std::uint8_t { event, stream, datum };
  std::string name;                               ///< the data key
  std::optional<std::uint64_t> images_per_event;  ///< empty when the descriptor leaves it open
  std::optional<std::size_t> rows;                ///< empty when the descriptor leaves it open
  std::optional<std::size_t> cols;
  std::optional<DType> dtype;  ///< from dtype_numpy
  Place place = Place::event;
};

/// The image key among a descriptor's `data_keys`: the one called `wanted`, or when that is empty the first array
/// of 2 or 3 dimensions, inline before those in files. Empty when there is none; an error when `wanted` is no image.
[[nodiscard]] Expected<std::optional<ImageKey>, std::string> find_image_key(const Dict& data_keys,
                                                                            std::string_view wanted);

/// The images in an event's value as one array (images, rows, cols): a numeric array, or nested lists of numbers as
/// JSON has them. Errors: not numeric, or not of the declared shape.
[[nodiscard]] Expected<Array, std::string> read_images(const Value& value, const ImageKey& key);

}  // namespace annulus::bluesky
