// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/bluesky/json.hpp"
#include "tests/fuzz/codec_check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto decode = [](std::span<const std::byte> bytes, const std::shared_ptr<const void>&) {
    return annulus::bluesky::decode_json(bytes);
  };
  annulus::fuzz::check_codec(data, size, decode, annulus::bluesky::encode_json);
  return 0;
}
