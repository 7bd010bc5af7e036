// SPDX-License-Identifier: BSD-3-Clause
#include <filesystem>
#include <numeric>

#include <gtest/gtest.h>

#include "detectors/files/image_series.hpp"

namespace annulus {
namespace {

const std::string data_dir = ANNULUS_SHARED_DIR "/data/";

class RealImages : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(data_dir)) GTEST_SKIP() << "no real detector images at " << data_dir;
  }
};

double sum_of(const Array& image) {
  const auto values = image.to_vector<double>();
  return std::accumulate(values.begin(), values.end(), 0.0);
}

// The sums were taken with h5py 3.16, fabio 2026.6 and numpy 2.4.
TEST_F(RealImages, pilatus_in_hdf5_without_a_path) {
  const auto series = open_images(data_dir + "pilatus2m_ceo2/ceria_50x30_740mm_000005_Pilatus2M.hdf5");
  ASSERT_EQ(series->size(), 1U);
  const Array image = series->read(0);
  EXPECT_EQ(image.dtype(), DType::i32);
  EXPECT_EQ(image.shape(), (Shape{1679, 1475}));
  EXPECT_EQ(sum_of(image), 1804763158.0);
}

TEST_F(RealImages, pixium_in_tiff) {
  const Array image = read_image(data_dir + "pixium_run/pixium_03150.tif");
  EXPECT_EQ(image.dtype(), DType::u16);
  EXPECT_EQ(image.shape(), (Shape{1441, 1440}));
  EXPECT_EQ(sum_of(image), 10214884.0);
}

TEST_F(RealImages, mask_in_compressed_tiff_under_another_extension) {
  const Array mask = read_mask(data_dir + "pixium_run/DLS_CeO2_1200mm.mask");
  EXPECT_EQ(mask.shape(), (Shape{1441, 1440}));
  EXPECT_EQ(sum_of(mask), 30627.0);
}

TEST_F(RealImages, mask_in_npy) {
  const Array mask = read_mask(data_dir + "pilatus2m_ceo2/reference/ceria_Pilatus2M_mask.npy");
  EXPECT_EQ(mask.shape(), (Shape{1679, 1475}));
  EXPECT_EQ(sum_of(mask), 203286.0);
}

TEST_F(RealImages, pilatus_300k_raw) {
  const Array image = read_image(data_dir + "pilatus300kw_lab6_scan/b_toney_Lab6_thtth_rightside_scan2_0009.raw",
                                 RawFormat{.rows = 195, .cols = 1475, .type = {DType::i32, false}});
  EXPECT_EQ(sum_of(image), 5613216.0);
}

}  // namespace
}  // namespace annulus
