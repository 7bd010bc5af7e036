// SPDX-License-Identifier: BSD-3-Clause
// Input: the parts of a message, see message_parts.hpp.
#include "detectors/simplon/series_tracker.hpp"
#include "detectors/simplon/stream_v1.hpp"
#include "tests/fuzz/codec_check.hpp"
#include "tests/fuzz/message_parts.hpp"

using namespace annulus;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto message = simplon::decode_v1(fuzz::parts_of(data, size));
  if (!message) {
    fuzz::require(message.error().problem.starts_with("simplon: ") && message.error().offset <= size);
    return 0;
  }
  if (const auto* start = std::get_if<simplon::SeriesStart>(&*message)) {
    simplon::SeriesTracker tracker;
    fuzz::require(!tracker.feed(*start, 0).empty());
    fuzz::require(simplon::decode_v1(simplon::encode_v1(*start)).has_value());
  }
  if (const auto* image = std::get_if<simplon::SeriesImage>(&*message)) {
    const auto pixels = simplon::decode_pixels(*image);
    const auto again = simplon::decode_v1(simplon::encode_v1(*image));
    fuzz::require(again.has_value());
    const auto repeated = simplon::decode_pixels(std::get<simplon::SeriesImage>(*again));
    fuzz::require(repeated.has_value() == pixels.has_value() && (!pixels || *repeated == *pixels));
  }
  return 0;
}
