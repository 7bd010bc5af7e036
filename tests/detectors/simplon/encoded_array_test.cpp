// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/simplon/encoded_array.hpp"

#include "tests/detectors/simplon/samples.hpp"

namespace annulus::simplon {
namespace {

using testing::counting;

constexpr Packing packings[] = {Packing::none, Packing::lz4_block, Packing::lz4_chunk, Packing::bslz4_chunk,
                                Packing::bslz4_headerless};

TEST(EncodedArray, gives_back_what_was_packed) {
  for (const Packing packing : packings) {
    const Array image = counting({65, 48});
    const auto back = decode_array(encode_array(image, packing));
    ASSERT_TRUE(back) << to_string(back.error());
    EXPECT_EQ(*back, image) << static_cast<int>(packing);
  }
}

TEST(EncodedArray, shares_bytes_that_need_no_change) {
  const Array image = counting({4, 6});
  EXPECT_EQ(decode_array(encode_array(image, Packing::none))->bytes().data(), image.bytes().data());
}

TEST(EncodedArray, swaps_big_endian_elements) {
  EncodedArray array = encode_array(Array::of<std::uint16_t>({1, 2}, {0x0102, 0x0304}), Packing::none);
  array.swapped = true;
  EXPECT_EQ(decode_array(array), (Array::of<std::uint16_t>({1, 2}, {0x0201, 0x0403})));
}

TEST(EncodedArray, refuses_a_shape_that_its_bytes_cannot_fill) {
  for (const Packing packing : packings) {
    EncodedArray array = encode_array(counting({4, 6}), packing);
    array.shape = {1 << 20, 1 << 20};
    ASSERT_FALSE(decode_array(array));
    array.shape = {std::size_t{1} << 40, std::size_t{1} << 40};
    EXPECT_FALSE(decode_array(array));
    array.shape = {4, 7};
    EXPECT_FALSE(decode_array(array));
  }
}

TEST(EncodedArray, refuses_memory_of_another_size) {
  std::vector<std::byte> memory(95);
  EXPECT_FALSE(decode_array(encode_array(counting({4, 6}), Packing::none), memory));
}

}  // namespace
}  // namespace annulus::simplon
