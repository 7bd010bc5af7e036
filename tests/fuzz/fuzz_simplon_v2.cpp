// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/simplon/series_tracker.hpp"
#include "detectors/simplon/stream_v2.hpp"
#include "tests/fuzz/codec_check.hpp"

using namespace annulus;

namespace {

Expected<simplon::Message, DecodeError> decode(std::string bytes) {
  const auto owner = std::make_shared<const std::string>(std::move(bytes));
  return simplon::decode_v2({std::as_bytes(std::span(*owner)), owner});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto message = decode(std::string(reinterpret_cast<const char*>(data), size));
  if (!message) {
    fuzz::require(message.error().problem.starts_with("simplon: ") && message.error().offset <= size);
    return 0;
  }
  if (const auto* start = std::get_if<simplon::SeriesStart>(&*message)) {
    simplon::SeriesTracker tracker;
    fuzz::require(!tracker.feed(*start, 0).empty());
    // More keys than a header may have are not written either.
    if (start->header.size() < 900) fuzz::require(decode(simplon::encode_v2(*start)).has_value());
  }
  if (const auto* image = std::get_if<simplon::SeriesImage>(&*message)) {
    const auto pixels = simplon::decode_pixels(*image);
    if (std::ranges::any_of(image->channels, &simplon::EncodedArray::swapped)) return 0;
    const auto again = decode(simplon::encode_v2(*image));
    fuzz::require(again.has_value());
    const auto repeated = simplon::decode_pixels(std::get<simplon::SeriesImage>(*again));
    fuzz::require(repeated.has_value() == pixels.has_value() && (!pixels || *repeated == *pixels));
  }
  return 0;
}
