// SPDX-License-Identifier: BSD-3-Clause
// Input: the parts of a message, see message_parts.hpp.
#include "detectors/array_stream/array_message.hpp"
#include "tests/fuzz/codec_check.hpp"
#include "tests/fuzz/message_parts.hpp"

using namespace annulus;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto array = array_stream::decode_array_message(fuzz::parts_of(data, size));
  if (!array) {
    fuzz::require(array.error().problem.starts_with("array-1.0: ") && array.error().offset <= size);
    return 0;
  }
  const auto pixels = decode_array(array->image);
  const auto again = array_stream::decode_array_message(array_stream::encode_array_message(*array));
  fuzz::require(again.has_value());
  const auto repeated = decode_array(again->image);
  fuzz::require(repeated.has_value() == pixels.has_value() && (!pixels || *repeated == *pixels));
  return 0;
}
