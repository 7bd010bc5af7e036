// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "operators/data/error.hpp"
#include "operators/data/value.hpp"

#include "detectors/simplon/encoded_array.hpp"
#include "detectors/simplon/series.hpp"

namespace annulus::array_stream {

/// One image of areaDetector's ZMQ plugin (or of PSI's), htype "array-1.0".
struct StreamedArray {
  std::uint64_t frame = 0;  ///< the detector's own number
  double time = 0;          ///< [s since 1970-01-01 UTC]; 0 when the message does not say
  simplon::EncodedArray image;
  std::shared_ptr<const Dict> attributes;  ///< areaDetector's attributes; null when there are none
};

/// Reads the two parts of a message: JSON and the pixels, which are shared. Shapes are (rows, cols), in the dialect
/// of ADZMQ before 1.4 (htype is a list) x first. Encodings: none, "lz4", "bslz4", "lz4hdf5".
[[nodiscard]] Expected<StreamedArray, DecodeError> decode_array_message(std::span<const simplon::Part> parts);

/// The message that ADZMQ 1.4 sends.
[[nodiscard]] std::vector<simplon::Part> encode_array_message(const StreamedArray& array);

}  // namespace annulus::array_stream
