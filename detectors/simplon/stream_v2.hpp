// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string>

#include "operators/data/error.hpp"

#include "detectors/simplon/series.hpp"

namespace annulus::simplon {

/// Reads one message of DECTRIS's stream V2 (CBOR, dectris/documentation stream_v2), with or without the
/// self-describe tag that DECTRIS's own parser asks for. Images share the bytes of the message. Unknown keys of
/// images and ends are skipped.
[[nodiscard]] Expected<Message, DecodeError> decode_v2(const Part& message);

/// The message that a detector sends: tag and type first, as DECTRIS's clients want it.
[[nodiscard]] std::string encode_v2(const SeriesStart& start);
[[nodiscard]] std::string encode_v2(const SeriesImage& image);
[[nodiscard]] std::string encode_v2(const SeriesEnd& end);

/// The message of an image in two pieces, the second of which is the same for every frame with these pixels: senders
/// of many frames write it once. One behind the other they are encode_v2(image).
[[nodiscard]] std::string encode_v2_head(const SeriesImage& image);
[[nodiscard]] std::string encode_v2_pixels(std::span<const EncodedArray> channels);

}  // namespace annulus::simplon
