// SPDX-License-Identifier: BSD-3-Clause
#include "operators/data/array.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

namespace annulus {
namespace {

TEST(Array, shares_bytes_between_copies_and_slices) {
  const Array stack = Array::of<std::uint16_t>({2, 1, 3}, {1, 2, 3, 4, 5, 6});
  const Array second = stack.slice(1);
  EXPECT_EQ(second.shape(), (Shape{1, 3}));
  EXPECT_EQ(second.bytes().data(), stack.bytes().data() + 6);
  EXPECT_EQ(second.as<std::uint16_t>()[2], 6);
}

TEST(Array, keeps_its_owner_alive) {
  Array kept;
  {
    const Array original = Array::of<float>({2}, {1.5F, 2.5F});
    kept = original.reshaped({2, 1});
  }
  EXPECT_EQ(kept.as<float>()[1], 2.5F);
}

TEST(Array, reads_elements_at_odd_addresses) {
  auto owner = std::make_shared<std::vector<std::byte>>(9);
  (*owner)[5] = std::byte{7};
  const Array array(DType::u32, {2}, std::span<const std::byte>(*owner).subspan(1), owner);
  EXPECT_EQ(array.as<std::uint32_t>()[1], 7U);
}

TEST(Array, refuses_bytes_that_do_not_match_the_shape) {
  const std::vector<std::byte> bytes(7);
  EXPECT_THROW(Array(DType::u16, {2, 2}, bytes, nullptr), DataError);
}

TEST(Array, refuses_a_shape_that_overflows) {
  const std::size_t huge = std::numeric_limits<std::size_t>::max() / 2;
  EXPECT_THROW(Array(DType::u64, {huge}, {}, nullptr), DataError);
  EXPECT_THROW(Array(DType::u8, {huge, 3}, {}, nullptr), DataError);
}

TEST(Array, refuses_a_wrong_element_type_by_name) {
  const Array array = Array::of<std::int32_t>({1}, {1});
  try {
    (void)array.as<float>();
    FAIL();
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(), "array holds int32 (asked for float32)");
  }
}

TEST(DTypes, have_the_names_of_numpy) {
  EXPECT_EQ(parse_typestr("<u2")->dtype, DType::u16);
  EXPECT_FALSE(parse_typestr("<u2")->swapped);
  EXPECT_TRUE(parse_typestr(">f8")->swapped);
  EXPECT_FALSE(parse_typestr(">u1")->swapped);
  EXPECT_EQ(parse_typestr("|b1")->dtype, DType::u8);
  EXPECT_FALSE(parse_typestr("<c8"));
  EXPECT_FALSE(parse_typestr("|O8"));
  EXPECT_FALSE(parse_typestr(""));
  EXPECT_EQ(parse_dtype("int32"), DType::i32);
  EXPECT_EQ(name_of(DType::f64), "float64");
}

}  // namespace
}  // namespace annulus
