// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/bluesky/msgpack.hpp"
#include "tests/fuzz/codec_check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  annulus::fuzz::check_codec(data, size, annulus::bluesky::decode_msgpack, annulus::bluesky::encode_msgpack);
  return 0;
}
