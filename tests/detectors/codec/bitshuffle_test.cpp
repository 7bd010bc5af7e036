// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/codec/bitshuffle.hpp"

#include <stdexcept>

#include "tests/detectors/codec/bytes.hpp"
#include "tests/targets.hpp"

namespace annulus::codec {
namespace {

using annulus::testing::for_each_target;
using testing::Bytes;
using testing::counts;
using testing::noise;

TEST(Bitshuffle, makes_a_plane_of_every_bit) {
  Bytes in(16);
  in[2 * 3] = std::byte{0b101};     // element 3: bits 0 and 2
  in[2 * 7 + 1] = std::byte{0x80};  // element 7: bit 15
  Bytes expected(16);
  expected[0] = expected[2] = std::byte{1 << 3};
  expected[15] = std::byte{1 << 7};
  Bytes out(16);
  scalar::bit_shuffle(in, 2, out);
  EXPECT_EQ(out, expected);
  bit_shuffle(in, 2, out);
  EXPECT_EQ(out, expected);
}

TEST(Bitshuffle, is_the_same_with_every_instruction_set) {
  for_each_target([] {
    for (const std::size_t element_size : {1, 2, 4, 8}) {
      for (std::size_t plane = 0; plane < 100; ++plane) {
        const std::size_t size = 8 * plane * element_size;
        for (const Bytes& in : {noise(size), counts(size, element_size)}) {
          Bytes expected(size);
          Bytes planes(size);
          Bytes back(size);
          scalar::bit_shuffle(in, element_size, expected);
          bit_shuffle(in, element_size, planes);
          ASSERT_EQ(planes, expected) << plane << " bytes a plane, elements of " << element_size;
          bit_unshuffle(planes, element_size, back);
          ASSERT_EQ(back, in) << plane << " bytes a plane, elements of " << element_size;
          scalar::bit_unshuffle(planes, element_size, back);
          ASSERT_EQ(back, in);
        }
      }
    }
  });
}

TEST(Bitshuffle, touches_nothing_outside_its_room) {
  for_each_target([] {
    for (const std::size_t plane : {1, 31, 32, 33, 63, 65}) {
      const Bytes in = noise(16 * plane);
      testing::Guarded planes(in.size());
      bit_shuffle(in, 2, planes.room());
      testing::Guarded back(in.size());
      bit_unshuffle(planes.room(), 2, back.room());
      EXPECT_EQ(back.copy(), in);
    }
  });
}

TEST(Bitshuffle, refuses_what_is_no_block) {
  Bytes in(24);
  Bytes out(24);
  EXPECT_THROW(bit_shuffle(in, 2, out), std::invalid_argument);
  EXPECT_THROW(bit_unshuffle(in, 3, out), std::invalid_argument);
  EXPECT_THROW(bit_unshuffle(in, 1, std::span(out).first(16)), std::invalid_argument);
}

}  // namespace
}  // namespace annulus::codec
