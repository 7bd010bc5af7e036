// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/files/npy.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "detectors/files/image_series.hpp"
#include "tests/scratch.hpp"

namespace annulus {
namespace {

using testing::Scratch;

/// A .npy file of a version, made by hand.
void write_file(const std::filesystem::path& path, int version, std::string header, std::string_view data) {
  const std::size_t prefix = version == 1 ? 10 : 12;
  header.append(63 - (header.size() + prefix) % 64, ' ').push_back('\n');
  std::string length{static_cast<char>(header.size() % 256), static_cast<char>(header.size() / 256)};
  if (version > 1) length.append(2, '\0');
  std::ofstream(path, std::ios::binary) << "\x93NUMPY" << static_cast<char>(version) << '\0' << length << header
                                        << data;
}

TEST(NpyHeader, is_read_as_numpy_writes_it) {
  const auto header = parse_npy_header("{'descr': '>i4', 'fortran_order': True, 'shape': (3, 4), }   \n");
  ASSERT_TRUE(header) << to_string(header.error());
  EXPECT_EQ(*header, (NpyHeader{{DType::i32, true}, true, {3, 4}}));
  EXPECT_EQ(parse_npy_header("{\"shape\":(5L,),'descr':'|u1','fortran_order':False}")->shape, Shape{5});
  EXPECT_EQ(parse_npy_header("{'descr': '|b1', 'fortran_order': False, 'shape': ()}")->type.dtype, DType::u8);
}

TEST(NpyHeader, refuses_everything_else) {
  for (const char* text :
       {"", "{}", "[1]", "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4)",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3)}", "{'descr': '<f8', 'fortran_order': 0, 'shape': (3,)}",
        "{'descr': '|O', 'fortran_order': False, 'shape': (3,)}",
        "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (3,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), 'more': 1}",
        "{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (3,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-3,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (__import__('os'),)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3,)} + x", "{'descr", "{'descr': '<f8' 'shape': (1,)}"})
    EXPECT_FALSE(parse_npy_header(text)) << text;
}

TEST(Npy, keeps_what_was_written) {
  const Scratch scratch;
  const auto image = Array::of<std::int16_t>({2, 3}, {1, -2, 3, -4, 5, 6});
  write_npy(scratch / "a.npy", image);
  EXPECT_EQ(read_image((scratch / "a.npy").string()), image);
}

TEST(Npy, reads_fortran_order_and_big_endian_of_every_version) {
  const Scratch scratch;
  const auto path = scratch / "a.npy";
  for (int version : {1, 2, 3}) {
    // Columns first: (0,0) (1,0) (0,1) (1,1) (0,2) (1,2).
    write_file(path, version, "{'descr': '>u2', 'fortran_order': True, 'shape': (2, 3), }",
               std::string_view("\0\1\0\4\0\2\0\5\0\3\1\0", 12));
    EXPECT_EQ(read_image(path.string()), Array::of<std::uint16_t>({2, 3}, {1, 2, 3, 4, 5, 256})) << version;
  }
}

TEST(Npy, reads_stacks_one_image_at_a_time) {
  const Scratch scratch;
  const auto path = (scratch / "a.npy").string();
  write_npy(path, Array::of<float>({2, 1, 2}, {1, 2, 3, 4}));
  const auto series = open_images(path);
  ASSERT_EQ(series->size(), 2U);
  EXPECT_EQ(series->label(1), path + ":1");
  EXPECT_EQ(read_image(series->label(1)), Array::of<float>({1, 2}, {3, 4}));
  EXPECT_THROW(static_cast<void>(read_image(path)), DataError);
  EXPECT_THROW(static_cast<void>(read_image(path + ":2")), DataError);
}

TEST(Npy, reads_stacks_in_fortran_order) {
  const Scratch scratch;
  const auto path = scratch / "a.npy";
  write_file(path, 1, "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 1, 2), }", "\1\3\2\4");
  EXPECT_EQ(read_image(path.string() + ":1"), Array::of<std::uint8_t>({1, 2}, {3, 4}));
}

TEST(Npy, refuses_shapes_that_the_file_does_not_bear_out) {
  const Scratch scratch;
  const auto path = scratch / "a.npy";
  for (const char* shape : {"(100000, 100000)", "(4294967296, 4294967296, 4294967296)", "(1, 1)", "(4, 0)", "(2,)"}) {
    write_file(path, 1, std::string("{'descr': '<f8', 'fortran_order': True, 'shape': ") + shape + ", }",
               "12345678901");
    EXPECT_THROW(static_cast<void>(open_images(path.string())), DataError) << shape;
  }
  std::ofstream(path, std::ios::binary) << "\x93NUMPY\1";
  EXPECT_THROW(static_cast<void>(open_images(path.string())), DataError);
}

TEST(Mask, is_one_where_the_file_is_not_zero) {
  const Scratch scratch;
  write_npy(scratch / "m.npy", Array::of<float>({1, 3}, {0, -1, 0.5}));
  EXPECT_EQ(read_mask((scratch / "m.npy").string()), Array::of<std::uint8_t>({1, 3}, {0, 1, 1}));
}

TEST(Raw, holds_whole_images_of_the_shape_given) {
  const Scratch scratch;
  const auto path = (scratch / "a.raw").string();
  std::ofstream(path, std::ios::binary) << std::string_view("\0\1\0\2\0\3\0\4", 8);
  const RawFormat format{.rows = 1, .cols = 2, .type = {DType::u16, true}};
  EXPECT_EQ(open_images(path, format)->size(), 2U);
  EXPECT_EQ(read_image(path + ":1", format), Array::of<std::uint16_t>({1, 2}, {3, 4}));
  EXPECT_THROW(static_cast<void>(open_images(path, RawFormat{.rows = 3, .cols = 1, .type = {DType::u16, false}})),
               DataError);
  EXPECT_THROW(static_cast<void>(open_images(path)), DataError) << "no format given";
  EXPECT_THROW(static_cast<void>(open_images((scratch / "none.raw").string(), format)), IoError);
}

}  // namespace
}  // namespace annulus
