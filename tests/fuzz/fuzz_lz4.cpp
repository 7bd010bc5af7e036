// SPDX-License-Identifier: BSD-3-Clause
// Input: two bytes that say how large the result of a bare block is (0: the rest is a chunk), then the block or chunk.
#include <span>
#include <vector>

#include "detectors/codec/chunk.hpp"
#include "detectors/codec/lz4.hpp"
#include "tests/fuzz/codec_check.hpp"

using namespace annulus::codec;
using annulus::fuzz::require;

namespace {

using Bytes = std::vector<std::byte>;

void check(const annulus::Expected<void, annulus::DecodeError>& good, std::size_t size) {
  if (!good) require(good.error().problem.starts_with("lz4: ") && good.error().offset <= size);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::vector<std::uint8_t> copy(data + 2, data + size);
  const auto in = std::as_bytes(std::span(copy));
  const std::size_t decoded = data[0] * std::size_t{256} + data[1];
  if (decoded > 0) {
    Bytes out(decoded);
    Bytes again(decoded);
    const auto good = decode_lz4_block(in, out);
    check(good, in.size());
    if (good) require(decode_lz4_block(encode_lz4_block(out), again).has_value() && again == out);
    return 0;
  }
  const auto header = read_chunk_header(in, "lz4");
  if (!header) return 0;
  require(header->bytes <= most_decoded_bytes(in.size()));
  Bytes out(header->bytes);
  Bytes again(header->bytes);
  const auto good = decode_lz4_chunk(in, out);
  check(good, in.size());
  if (good) require(decode_lz4_chunk(encode_lz4_chunk(out, 1000), again).has_value() && again == out);
  return 0;
}
