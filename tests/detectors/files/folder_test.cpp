// SPDX-License-Identifier: BSD-3-Clause
#include <fstream>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

#include "detectors/files/image_series.hpp"
#include "detectors/files/npy.hpp"
#include "tests/scratch.hpp"

namespace annulus {
namespace {

using testing::Scratch;

Array image(std::uint16_t value) { return Array::of<std::uint16_t>({2, 2}, std::vector<std::uint16_t>(4, value)); }

TEST(Folder, gives_the_images_of_all_files_with_numbers_sorted_as_numbers) {
  const Scratch scratch;
  write_npy(scratch / "run10_2.npy", image(4));
  write_npy(scratch / "run2_10.npy", image(2));
  write_npy(scratch / "run2_9.npy", image(1));
  write_npy(scratch / "run02_011.npy", image(3));
  write_npy(scratch / "stack.npy", Array::of<std::uint16_t>({2, 2, 2}, {5, 5, 5, 5, 6, 6, 6, 6}));
  write_npy(scratch / ".hidden.npy", image(9));
  std::ofstream(scratch / "notes.txt") << "not an image";
  std::filesystem::create_directory(scratch / "z");
  const auto series = open_images(scratch.path().string());
  std::string values;
  for (std::size_t i = 0; i < series->size(); ++i) values += std::to_string(series->read(i).to_vector<int>()[0]);
  EXPECT_EQ(values, "123456");
  EXPECT_EQ(series->read(0).to_vector<int>()[0], 1) << "in any order";
  EXPECT_EQ(series->label(5), (scratch / "stack.npy").string() + ":1");
}

TEST(Folder, of_raw_files_takes_all_of_them) {
  const Scratch scratch;
  std::ofstream(scratch / "b.raw") << "34";
  std::ofstream(scratch / "a.raw") << "12";
  const auto series = open_images(scratch.path().string(), RawFormat{1, 2, {DType::u8, false}});
  ASSERT_EQ(series->size(), 2U);
  EXPECT_EQ(series->read(1).to_vector<int>(), (std::vector<int>{'3', '4'}));
}

TEST(Folder, without_images_is_refused) {
  const Scratch scratch;
  std::ofstream(scratch / "notes.txt") << "not an image";
  EXPECT_THROW((void)open_images(scratch.path().string()), DataError);
}

}  // namespace
}  // namespace annulus
