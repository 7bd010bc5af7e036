// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/files/image_spec.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "tests/scratch.hpp"

namespace annulus {
namespace {

TEST(ImageSpec, has_a_path_a_dataset_and_an_index) {
  const auto spec = parse_image_spec("dir/run.h5:/entry/data/data:12");
  EXPECT_EQ(spec.path, "dir/run.h5");
  EXPECT_EQ(spec.dataset, "/entry/data/data");
  EXPECT_EQ(spec.index, 12U);
}

TEST(ImageSpec, needs_only_a_path) {
  const auto spec = parse_image_spec("frame.tif");
  EXPECT_EQ(spec.path, "frame.tif");
  EXPECT_TRUE(spec.dataset.empty());
  EXPECT_FALSE(spec.index);
}

TEST(ImageSpec, takes_an_index_without_a_dataset) {
  const auto spec = parse_image_spec("stack.npy:3");
  EXPECT_EQ(spec.path, "stack.npy");
  EXPECT_EQ(spec.index, 3U);
}

TEST(ImageSpec, leaves_colons_of_an_existing_file_alone) {
  const testing::Scratch scratch;
  const auto path = scratch / "frame:3";
  std::ofstream(path) << "x";
  EXPECT_EQ(parse_image_spec(path.string()).path, path);
}

}  // namespace
}  // namespace annulus
