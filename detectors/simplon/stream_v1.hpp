// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <vector>

#include "operators/data/error.hpp"

#include "detectors/simplon/series.hpp"

namespace annulus::simplon {

/// Reads one multipart message of DECTRIS's stream V1 ("legacy", SIMPLON API reference 1.8, section 5.4.3). Shapes
/// there are (width, height); here they are (rows, cols). Images share the bytes of their part. An error's offset
/// counts from the start of the part that its text names.
[[nodiscard]] Expected<Message, DecodeError> decode_v1(std::span<const Part> parts);

/// The parts of the message that a detector sends; images are not copied. The header says as much as
/// `start.header_detail`: "none", "basic", or else "all" (one mask and flat field; missing ones are sent empty).
[[nodiscard]] std::vector<Part> encode_v1(const SeriesStart& start);
/// Channels beyond the first are left out: V1 has one image a message.
[[nodiscard]] std::vector<Part> encode_v1(const SeriesImage& image);
[[nodiscard]] std::vector<Part> encode_v1(const SeriesEnd& end);

}  // namespace annulus::simplon
