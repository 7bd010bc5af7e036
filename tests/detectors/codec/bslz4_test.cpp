// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/codec/bslz4.hpp"

#include <stdexcept>

#include "tests/detectors/codec/bytes.hpp"

namespace annulus::codec {
namespace {

using testing::Bytes;
using testing::counts;
using testing::decoded;
using testing::noise;

auto with_elements(std::size_t element_size) {
  return [element_size](std::span<const std::byte> in, std::span<std::byte> out) {
    return decode_bslz4(in, element_size, out);
  };
}

std::string refused(const Bytes& in, std::size_t size, std::size_t element_size = 2) {
  return testing::refused(in, size, "bslz4: ", with_elements(element_size));
}

/// A chunk's header alone.
Bytes header(std::uint64_t bytes, std::uint32_t block_bytes) { return begin_chunk({bytes, block_bytes}); }

TEST(Bslz4, packs_and_unpacks_elements_of_every_size_and_any_number_of_them) {
  for (const std::size_t element_size : {1, 2, 4, 8}) {
    for (const std::size_t elements : {0, 1, 7, 8, 9, 255, 1023, 1024, 1025, 4095, 4096, 4097, 9000, 20003}) {
      for (const std::size_t block_bytes : {64, 1024, 8192, 65536}) {
        const Bytes in = counts(elements * element_size, element_size);
        const Bytes chunk = encode_bslz4(in, element_size, block_bytes);
        EXPECT_EQ(decoded(chunk, in.size(), with_elements(element_size)), in)
            << elements << " elements of " << element_size << " in blocks of " << block_bytes;
      }
    }
  }
}

TEST(Bslz4, packs_and_unpacks_what_does_not_shrink) {
  const Bytes in = noise(50'000);
  EXPECT_EQ(decoded(encode_bslz4(in, 4), in.size(), with_elements(4)), in);
}

TEST(Bslz4, makes_small_counts_small) { EXPECT_LT(encode_bslz4(Bytes(1 << 20), 2).size(), 10'000u); }

TEST(Bslz4, keeps_a_byte_count_that_is_no_whole_number_of_elements) {
  const Bytes in = counts(1003);  // a 16-bit image may be shuffled as 32-bit elements
  EXPECT_EQ(decoded(encode_bslz4(in, 4), in.size(), with_elements(4)), in);
}

TEST(Bslz4, takes_a_block_size_of_0_for_8192) {
  const Bytes in = counts(20'000);
  Bytes chunk = encode_bslz4(in, 2, 8192);
  std::fill(chunk.begin() + 8, chunk.begin() + 12, std::byte{0});
  EXPECT_EQ(decoded(chunk, in.size(), with_elements(2)), in);
}

TEST(Bslz4, unpacks_block_by_block) {
  const Bytes in = counts(2 * 8192 + 1000 * 2 + 6);
  const Bytes chunk = encode_bslz4(in, 2);
  auto blocks = Bslz4Blocks::open(chunk, 2);
  ASSERT_TRUE(blocks);
  EXPECT_EQ(blocks->left(), in.size());
  Bytes all;
  std::vector<std::size_t> sizes;
  testing::Guarded room(8192);
  while (blocks->next_bytes() > 0) {
    const auto block = blocks->next(room.room());
    ASSERT_TRUE(block) << to_string(block.error());
    sizes.push_back(block->size());
    all.insert(all.end(), block->begin(), block->end());
  }
  EXPECT_EQ(sizes, (std::vector<std::size_t>{8192, 8192, 2000, 6}));
  EXPECT_EQ(all, in);
  EXPECT_EQ(blocks->left(), 0u);
  EXPECT_TRUE(blocks->next({})->empty());
}

TEST(Bslz4, has_no_block_left_after_a_bad_one) {
  Bytes chunk = encode_bslz4(counts(20'000), 2);
  chunk[12] = std::byte{0xFF};
  auto blocks = Bslz4Blocks::open(chunk, 2);
  ASSERT_TRUE(blocks);
  Bytes room(8192);
  EXPECT_FALSE(blocks->next(room));
  EXPECT_EQ(blocks->left(), 0u);
  EXPECT_TRUE(blocks->next(room)->empty());
}

TEST(Bslz4, refuses_room_that_is_too_small_for_a_block) {
  const Bytes chunk = encode_bslz4(counts(20'000), 2);
  auto blocks = Bslz4Blocks::open(chunk, 2);
  Bytes room(8191);
  EXPECT_THROW(static_cast<void>(blocks->next(room)), std::invalid_argument);
}

TEST(Bslz4, refuses_every_cut_and_survives_every_changed_byte) {
  for (const std::size_t element_size : {1, 2, 4, 8}) {
    const Bytes in = counts(3 * 128 + 100 + 3, element_size);
    testing::spoil(encode_bslz4(in, element_size, 128), in.size(), "bslz4: ", with_elements(element_size));
  }
}

TEST(Bslz4, says_what_is_wrong_with_a_header) {
  const Bytes chunk = encode_bslz4(Bytes(100), 2);
  EXPECT_EQ(refused(Bytes(11), 0), "bslz4: 11 bytes are too few (the header alone has 12) (at byte 11)");
  EXPECT_EQ(refused(chunk, 102), "bslz4: a chunk of 100 bytes (102 are wanted) (at byte 0)");
  EXPECT_EQ(refused(chunk, 100, 3), "bslz4: elements of 3 bytes (known are 1, 2, 4 and 8) (at byte 0)");
  EXPECT_EQ(refused(chunk, 100, 0), "bslz4: elements of 0 bytes (known are 1, 2, 4 and 8) (at byte 0)");
  Bytes odd = chunk;
  odd[11] = std::byte{1};
  EXPECT_EQ(refused(odd, 100),
            "bslz4: blocks of 8193 bytes (with elements of 2 they are a multiple of 16) (at byte 8)");
  Bytes huge = chunk;
  huge[8] = std::byte{0xFF};
  EXPECT_NE(refused(huge, 100).find("bslz4: blocks of 4278198272 bytes"), std::string::npos);
}

TEST(Bslz4, refuses_more_bytes_than_the_message_can_hold_before_any_is_allocated) {
  Bytes chunk = header(1'000'000'000'000, 8192);
  chunk.resize(1000);
  const auto blocks = Bslz4Blocks::open(chunk, 2);
  ASSERT_FALSE(blocks);
  EXPECT_EQ(to_string(blocks.error()),
            "bslz4: 1000000000000 bytes are announced (the 988 that follow cannot hold so many) (at byte 0)");
}

TEST(Bslz4, says_what_is_wrong_with_a_block) {
  Bytes chunk = header(64, 64);
  chunk.resize(16);
  EXPECT_EQ(refused(chunk, 64), "bslz4: a block of 0 bytes (0 are left) (at byte 12)");
  chunk[15] = std::byte{9};
  EXPECT_EQ(refused(chunk, 64), "bslz4: a block of 9 bytes (0 are left) (at byte 12)");
  chunk.resize(25, std::byte{0});
  EXPECT_EQ(refused(chunk, 64).substr(0, 47), "bslz4: no LZ4 block of 9 bytes that decodes to ");
  Bytes more = encode_bslz4(Bytes(100), 2);
  more.resize(more.size() + 5);
  EXPECT_EQ(refused(more, 100).substr(0, 36), "bslz4: 5 bytes follow the last block");
  EXPECT_EQ(refused(header(0, 8192), 0), "decoded");
  Bytes nothing = header(0, 8192);
  nothing.resize(13);
  EXPECT_EQ(refused(nothing, 0), "bslz4: 1 bytes follow the last block (at byte 12)");
}

TEST(Bslz4, does_not_pack_in_blocks_that_cannot_be_shuffled) {
  const Bytes in(100);
  EXPECT_THROW(static_cast<void>(encode_bslz4(in, 2, 0)), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(encode_bslz4(in, 2, 8200)), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(encode_bslz4(in, 3)), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(encode_bslz4(in, 2, std::size_t{1} << 31)), std::invalid_argument);
}

}  // namespace
}  // namespace annulus::codec
