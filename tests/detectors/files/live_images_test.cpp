// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/files/live_images.hpp"

#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include "detectors/files/tiff.hpp"
#include "detectors/hdf5/file.hpp"
#include "tests/scratch.hpp"

namespace annulus {
namespace {

using hdf5::File;
using testing::Scratch;

ImageFiles hdf5_file(const std::filesystem::path& path, const std::string& dataset = "/d") {
  return {.path = path.string(), .dataset = dataset, .number = {}, .suffix = {}, .images_per_file = 1};
}

hdf5::Dataset growing(File& file, const std::string& name = "d") {
  return file.root().make_dataset(
      name, {.dtype = DType::u16, .shape = {0, 1, 2}, .growth = hdf5::Growth::rows, .chunk_rows = 1});
}

void append(hdf5::Dataset& data, std::uint16_t value) {
  const std::size_t row = data.shape()[0];
  data.resize_rows(row + 1);
  data.write_rows<std::uint16_t>(row, std::vector<std::uint16_t>{value, value});
  data.flush();
}

Array image_of(std::uint16_t value) { return Array::of<std::uint16_t>({1, 2}, {value, value}); }

TEST(LiveImages, say_what_is_missing_until_the_file_is_complete) {
  const Scratch scratch;
  const auto path = scratch / "a.h5";
  const auto images = follow_images(hdf5_file(path));
  EXPECT_NE(images->read(0).error().find("is not there"), std::string::npos);
  std::ofstream(path).flush();
  EXPECT_NE(images->read(0).error().find("is empty"), std::string::npos);
  std::ofstream(path) << "something else";
  EXPECT_NE(images->read(0).error().find("no HDF5 file"), std::string::npos);
  std::filesystem::remove(path);
  {
    File file = File::create(path);
    auto data = growing(file);
    append(data, 7);
    file.close();
  }
  EXPECT_EQ(images->read(0).value(), image_of(7));
  EXPECT_NE(images->read(1).error().find("1 are visible"), std::string::npos) << images->read(1).error();
  EXPECT_NE(follow_images(hdf5_file(path, "/e"))->read(0).error().find("no dataset '/e'"), std::string::npos);
}

TEST(LiveImages, leave_a_file_alone_that_its_writer_has_locked) {
  const Scratch scratch;
  const auto path = scratch / "a.h5";
  {
    File file = File::create(path);
    auto data = growing(file);
    append(data, 7);
    file.close();
  }
  const int writer = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::flock(writer, LOCK_EX | LOCK_NB), 0);
  const auto images = follow_images(hdf5_file(path));
  EXPECT_NE(images->read(0).error().find("is being written"), std::string::npos);
  ::flock(writer, LOCK_UN);
  EXPECT_EQ(images->read(0).value(), image_of(7));
  EXPECT_EQ(::flock(writer, LOCK_EX | LOCK_NB), 0) << "a writer can have the file while it is being read";
  ::close(writer);
}

TEST(LiveImages, are_counted_through_all_dimensions_before_the_last_two) {
  const Scratch scratch;
  const auto path = scratch / "a.h5";
  {
    File file = File::create(path);
    auto data = file.root().make_dataset("d", {.dtype = DType::u16, .shape = {2, 3, 1, 2}});
    data.write_rows<std::uint16_t>(0, std::vector<std::uint16_t>{0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5});
    auto single = file.root().make_dataset("single", {.dtype = DType::u16, .shape = {1, 2}});
    single.write_rows<std::uint16_t>(0, std::vector<std::uint16_t>{9, 9});
    static_cast<void>(file.root().make_dataset("line", {.dtype = DType::u16, .shape = {2}}));
    file.close();
  }
  EXPECT_EQ(follow_images(hdf5_file(path))->read(4).value(), image_of(4));
  EXPECT_EQ(follow_images(hdf5_file(path, "/single"))->read(0).value(), image_of(9));
  EXPECT_THROW((void)follow_images(hdf5_file(path, "/line"))->read(0), DataError);
}

TEST(LiveImages, are_not_there_while_only_their_row_is) {
  const Scratch scratch;
  const auto path = scratch / "a.h5";
  {
    File file = File::create(path);
    auto data = growing(file);
    append(data, 1);
    data.resize_rows(2);
    file.close();
  }
  const auto images = follow_images(hdf5_file(path));
  EXPECT_EQ(images->read(0).value(), image_of(1));
  EXPECT_FALSE(images->read(1).has_value()) << "the extent says 2, the second image was never written";
}

TEST(LiveImages, go_on_through_the_parts_of_a_group) {
  const Scratch scratch;
  const auto path = scratch / "a_master.h5";
  {
    File file = File::create(path);
    auto group = file.root().make_group("entry").make_group("data");
    for (const char* name : {"data_000001", "data_000002"}) {
      auto data = group.make_dataset(name, {.dtype = DType::u16, .shape = {2, 1, 2}});
      data.write_rows<std::uint16_t>(0, std::vector<std::uint16_t>(4, static_cast<std::uint16_t>(name[10])));
    }
    file.close();
  }
  const auto images = follow_images(hdf5_file(path, "/entry/data"));
  EXPECT_EQ(images->read(1).value(), image_of('1'));
  EXPECT_EQ(images->read(2).value(), image_of('2'));
  EXPECT_FALSE(images->read(4).has_value());
}

TEST(LiveImages, are_found_in_numbered_files) {
  const Scratch scratch;
  const ImageFiles files{.path = (scratch / "f_").string(),
                         .dataset = {},
                         .number = NumberForm{4, true},
                         .suffix = ".tif",
                         .images_per_file = 2};
  EXPECT_EQ(path_of_image(files, 7), (scratch / "f_0003.tif").string());
  write_tiff(scratch / "f_0001.tif", Array::of<std::uint16_t>({2, 1, 2}, {1, 1, 2, 2}));
  const auto images = follow_images(files);
  EXPECT_FALSE(images->read(0).has_value());
  EXPECT_EQ(images->read(2).value(), image_of(1));
  EXPECT_EQ(images->read(3).value(), image_of(2));
  std::filesystem::resize_file(scratch / "f_0001.tif", 20);
  EXPECT_FALSE(images->read(2).has_value()) << "half of a file may still be being written";
}

TEST(LiveImages, are_never_read_from_what_is_no_file) {
  const Scratch scratch;
  EXPECT_THROW((void)follow_images(hdf5_file("/dev/zero"))->read(0), DataError);
  EXPECT_THROW((void)follow_images(hdf5_file(scratch.path()))->read(0), DataError);
}

}  // namespace
}  // namespace annulus
