// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include "operators/data/error.hpp"

#include "detectors/files/image_series.hpp"
#include "detectors/hdf5/file.hpp"
#include "tests/scratch.hpp"

namespace annulus {
namespace {

using hdf5::File;
using hdf5::Group;
using testing::Scratch;

void put(Group&& group, const std::string& name, Shape shape, std::uint16_t value) {
  auto dataset = group.make_dataset(name, {.dtype = DType::u16, .shape = shape});
  dataset.write_rows<std::uint16_t>(0, std::vector<std::uint16_t>(count_of(shape), value));
}

std::uint16_t first_pixel(const std::string& spec) {
  const Array image = read_image(spec);
  return image.as<std::uint16_t>()[0];
}

std::string problem_with(const std::string& spec) {
  try {
    static_cast<void>(open_images(spec));
  } catch (const DataError& error) {
    return error.what();
  }
  return "none";
}

TEST(Hdf5Images, are_named_by_path_and_index) {
  const Scratch scratch;
  const auto path = (scratch / "a.h5").string();
  {
    File file = File::create(path);
    auto data = file.root().make_dataset("d", {.dtype = DType::u16, .shape = {3, 1, 2}});
    data.write_rows<std::uint16_t>(0, std::vector<std::uint16_t>{0, 1, 10, 11, 20, 21});
    file.close();
  }
  const auto series = open_images(path + ":/d");
  ASSERT_EQ(series->size(), 3U);
  EXPECT_EQ(series->read(2), Array::of<std::uint16_t>({1, 2}, {20, 21}));
  EXPECT_EQ(series->label(2), path + ":/d:2");
  EXPECT_EQ(read_image(path + ":1"), Array::of<std::uint16_t>({1, 2}, {10, 11}));
  EXPECT_NE(problem_with(path + ":/d:3").find("holds 3"), std::string::npos);
  EXPECT_NE(problem_with(path + ":/e").find("There are: d"), std::string::npos);
}

TEST(Hdf5Images, are_found_by_the_default_plot_before_the_usual_places) {
  const Scratch scratch;
  const auto path = (scratch / "a.h5").string();
  File file = File::create(path);
  Group entry = file.root().make_group("entry");
  put(entry.make_group("data"), "data", {2, 2}, 1);
  Group chosen = entry.make_group("chosen");
  put(entry.group("chosen"), "frames", {2, 2}, 2);
  file.flush();
  EXPECT_EQ(first_pixel(path), 1);
  file.root().set("default", "entry");
  entry.set("default", "chosen");
  chosen.set("signal", "frames");
  file.flush();
  EXPECT_EQ(first_pixel(path), 2);
}

TEST(Hdf5Images, are_the_only_stack_or_else_the_only_image) {
  const Scratch scratch;
  const auto path = (scratch / "a.h5").string();
  File file = File::create(path);
  put(file.root(), "line", {2}, 1);
  file.flush();
  EXPECT_NE(problem_with(path).find("no images"), std::string::npos);
  put(file.root(), "image", {2, 2}, 2);
  file.flush();
  EXPECT_EQ(first_pixel(path), 2);
  put(file.root(), "stack", {1, 2, 2}, 3);
  file.flush();
  EXPECT_EQ(first_pixel(path), 3);
  put(file.root(), "other", {1, 2, 2}, 4);
  file.flush();
  EXPECT_NE(problem_with(path).find("There are: /other, /stack, /image"), std::string::npos) << problem_with(path);
}

TEST(Hdf5Images, refuses_an_absurd_shape_without_allocating_it) {
  const Scratch scratch;
  const auto path = (scratch / "a.h5").string();
  File file = File::create(path);
  auto data = file.root().make_dataset("d", {.shape = {0, 1024, 1024}, .growth = hdf5::Growth::rows, .chunk_rows = 1});
  data.resize_rows(std::size_t{1} << 40U);
  file.flush();
  EXPECT_EQ(open_images(path)->size(), std::size_t{1} << 40U) << "images are read one at a time";
  EXPECT_EQ(read_image(path + ":/d:77").shape(), (Shape{1024, 1024}));
  auto huge = file.root().make_dataset("h", {.shape = {0, 1024}, .growth = hdf5::Growth::rows, .chunk_rows = 1});
  huge.resize_rows(std::size_t{1} << 40U);
  file.flush();
  EXPECT_NE(problem_with(path + ":/h").find("too large"), std::string::npos) << problem_with(path + ":/h");
}

}  // namespace
}  // namespace annulus
