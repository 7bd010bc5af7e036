// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/codec/lz4.hpp"

#include <stdexcept>

#include "detectors/codec/chunk.hpp"
#include "tests/detectors/codec/bytes.hpp"

namespace annulus::codec {
namespace {

using testing::Bytes;
using testing::counts;
using testing::decoded;
using testing::noise;

constexpr auto block = [](std::span<const std::byte> in, std::span<std::byte> out) {
  return decode_lz4_block(in, out);
};
constexpr auto chunk = [](std::span<const std::byte> in, std::span<std::byte> out) {
  return decode_lz4_chunk(in, out);
};

TEST(Lz4Block, packs_and_unpacks) {
  for (const std::size_t size : {0, 1, 12, 13, 1000, 100'000}) {
    EXPECT_EQ(decoded(encode_lz4_block(counts(size)), size, block), counts(size));
    EXPECT_EQ(decoded(encode_lz4_block(noise(size)), size, block), noise(size));
  }
}

TEST(Lz4Block, must_fill_its_room_exactly) {
  const Bytes packed = encode_lz4_block(Bytes(100));
  EXPECT_NE(testing::refused(packed, 99, "lz4: ", block), "decoded");
  EXPECT_NE(testing::refused(packed, 101, "lz4: ", block), "decoded");
  EXPECT_NE(testing::refused({}, 0, "lz4: ", block), "decoded");
}

TEST(Lz4Block, survives_every_cut_and_every_changed_byte) {
  const Bytes in = counts(600);
  testing::spoil(encode_lz4_block(in), in.size(), "lz4: ", block);
}

TEST(Lz4Chunk, packs_and_unpacks_any_number_of_bytes) {
  for (const std::size_t size : {0, 1, 63, 64, 65, 1000, 100'000}) {
    for (const std::size_t block_bytes : {1, 64, 1000, 1 << 20}) {
      if (size / block_bytes > 1000) continue;
      EXPECT_EQ(decoded(encode_lz4_chunk(counts(size), block_bytes), size, chunk), counts(size));
    }
  }
}

TEST(Lz4Chunk, stores_what_does_not_shrink_as_it_is) {
  const Bytes in = noise(2500);
  const Bytes packed = encode_lz4_chunk(in, 1000);
  EXPECT_EQ(packed.size(), 12 + 3 * 4 + in.size());
  EXPECT_EQ(decoded(packed, in.size(), chunk), in);
}

TEST(Lz4Chunk, refuses_every_cut_and_survives_every_changed_byte) {
  Bytes in = counts(300);
  const Bytes raw = noise(100);
  in.insert(in.end(), raw.begin(), raw.end());
  testing::spoil(encode_lz4_chunk(in, 128), in.size(), "lz4: ", chunk);
}

TEST(Lz4Chunk, says_what_is_wrong) {
  const Bytes packed = encode_lz4_chunk(Bytes(100), 64);
  EXPECT_EQ(testing::refused(packed, 99, "lz4: ", chunk), "lz4: a chunk of 100 bytes (99 are wanted) (at byte 0)");
  Bytes empty_blocks = packed;
  empty_blocks[11] = std::byte{0};
  EXPECT_EQ(testing::refused(empty_blocks, 100, "lz4: ", chunk), "lz4: blocks of 0 bytes (at byte 8)");
  Bytes longer = packed;
  longer.resize(packed.size() + 2);
  EXPECT_NE(testing::refused(longer, 100, "lz4: ", chunk).find("lz4: 2 bytes follow the last block"),
            std::string::npos);
  Bytes huge = begin_chunk({std::uint64_t{1} << 60, 1 << 30});
  EXPECT_NE(testing::refused(huge, 100, "lz4: ", chunk).find("cannot hold so many"), std::string::npos);
}

TEST(Lz4Chunk, does_not_pack_in_blocks_of_impossible_sizes) {
  EXPECT_THROW(static_cast<void>(encode_lz4_chunk(Bytes(10), 0)), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(encode_lz4_chunk(Bytes(10), largest_lz4_block + 1)), std::invalid_argument);
}

}  // namespace
}  // namespace annulus::codec
