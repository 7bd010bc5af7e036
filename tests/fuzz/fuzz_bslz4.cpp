// SPDX-License-Identifier: BSD-3-Clause
// Input: a byte that says how large elements are, then a chunk.
#include <algorithm>
#include <span>
#include <vector>

#include "detectors/codec/bslz4.hpp"
#include "tests/fuzz/codec_check.hpp"

using namespace annulus::codec;
using annulus::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::vector<std::uint8_t> copy(data + 1, data + size);
  const auto in = std::as_bytes(std::span(copy));
  const std::size_t element_size = std::size_t{1} << (*data % 5);  // 16 bytes are refused
  auto blocks = Bslz4Blocks::open(in, element_size);
  if (!blocks) {
    require(blocks.error().problem.starts_with("bslz4: ") && blocks.error().offset <= in.size());
    return 0;
  }
  require(blocks->left() <= most_decoded_bytes(in.size()));
  std::vector<std::byte> out(blocks->left());
  const auto good = decode_bslz4(in, element_size, out);
  if (!good) require(good.error().problem.starts_with("bslz4: ") && good.error().offset <= in.size());

  // Block by block it is the same.
  std::size_t done = 0;
  while (const std::size_t next = blocks->next_bytes()) {
    std::vector<std::byte> room(next);
    const auto block = blocks->next(room);
    require(block ? block->size() == next : !good);
    if (good) require(std::ranges::equal(room, std::span(out).subspan(done, next)));
    done += next;
  }
  if (!good) return 0;
  require(done == out.size());
  std::vector<std::byte> again(out.size());
  require(decode_bslz4(encode_bslz4(out, element_size, 64 * element_size), element_size, again).has_value() &&
          again == out);
  return 0;
}
