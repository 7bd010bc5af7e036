// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/geometry/detector.hpp"

#include <numeric>
#include <set>

#include <gtest/gtest.h>

namespace annulus {
namespace {

std::size_t masked_pixels(const Detector& detector) {
  const auto mask = gap_mask(detector);
  return std::accumulate(mask.begin(), mask.end(), std::size_t{0});
}

TEST(Catalogue, finds_every_detector_by_its_own_name_and_no_two_share_one) {
  std::set<std::string> found;
  for (const std::string_view name : all_detector_names()) {
    const auto detector = find_detector(name);
    ASSERT_TRUE(detector) << name;
    EXPECT_EQ(detector->name, name);
    found.insert(detector->name);
  }
  EXPECT_EQ(found.size(), all_detector_names().size());
}

TEST(Catalogue, knows_size_and_pixels) {
  const Detector eiger = find_detector("Eiger2_4M").value();
  EXPECT_EQ(eiger.rows, 2162U);
  EXPECT_EQ(eiger.cols, 2068U);
  EXPECT_DOUBLE_EQ(eiger.pixel1, 75e-6);
  EXPECT_DOUBLE_EQ(find_detector("Pilatus4_CdTe_1M")->pixel1, 150e-6);
}

TEST(Catalogue, accepts_aliases_in_any_case_and_punctuation) {
  for (const char* name : {"eiger2 4m", "Eiger2 4M", "EIGER2_4M", "eiger2-4m"}) {
    EXPECT_EQ(find_detector(name).value_or(Detector{}).name, "Eiger2_4M") << name;
  }
  EXPECT_EQ(find_detector("Eiger2 1M-W")->name, "Eiger2_1MW");
  EXPECT_EQ(find_detector("Pilatus 1M CdTe")->name, "PilatusCdTe1M");
  EXPECT_EQ(find_detector("Pilatus4 2M CdTe")->name, "Pilatus4_CdTe_2M");
}

TEST(Catalogue, does_not_know_other_names) {
  EXPECT_FALSE(find_detector("Eiger3_4M"));
  EXPECT_FALSE(find_detector(""));
}

TEST(GapMask, covers_the_strips_between_modules) {
  const Detector pilatus = find_detector("Pilatus1M").value();  // 5 x 2 modules of 195 x 487, gaps 17 and 7
  EXPECT_EQ(masked_pixels(pilatus), 1043U * 981 - 10 * 195 * 487);
  const auto mask = gap_mask(pilatus);
  const auto at = [&](std::size_t row, std::size_t col) { return mask[row * 981 + col]; };
  EXPECT_EQ(at(194, 0), 0);
  EXPECT_EQ(at(195, 0), 1);
  EXPECT_EQ(at(211, 0), 1);
  EXPECT_EQ(at(212, 0), 0);
  EXPECT_EQ(at(0, 486), 0);
  EXPECT_EQ(at(0, 487), 1);
  EXPECT_EQ(at(0, 493), 1);
  EXPECT_EQ(at(0, 494), 0);
}

TEST(GapMask, covers_the_seams_of_cdte_modules) {
  const auto dead_columns_of = [](const char* name) {
    const Detector detector = find_detector(name).value();
    const auto mask = gap_mask(detector);
    std::vector<std::size_t> columns;
    for (std::size_t col = 0; col < detector.modules->cols; ++col) {
      if (mask[col] != 0) columns.push_back(col);
    }
    return columns;
  };
  EXPECT_EQ(dead_columns_of("PilatusCdTe300k"), (std::vector<std::size_t>{242, 243, 244}));
  EXPECT_EQ(dead_columns_of("Eiger2CdTe_1M"), (std::vector<std::size_t>{513, 514}));
  EXPECT_EQ(dead_columns_of("Pilatus4_CdTe_260k"), (std::vector<std::size_t>{256}));
  EXPECT_EQ(dead_columns_of("Eiger2_1M"), (std::vector<std::size_t>{}));
}

TEST(GapMask, is_empty_for_a_detector_smaller_than_a_module) {
  EXPECT_EQ(masked_pixels(find_detector("Eiger2_250k").value()), 0U);
}

TEST(GapMask, is_empty_for_a_generic_detector) {
  Detector detector = sized_for(find_detector("Detector").value(), {3, 4});
  EXPECT_EQ(gap_mask(detector), std::vector<std::uint8_t>(12, 0));
}

TEST(SizedFor, keeps_a_shape_that_is_known) {
  EXPECT_EQ(sized_for(find_detector("Eiger1M").value(), {10, 10}).rows, 1065U);
}

TEST(BadValue, is_cast_to_the_type_of_the_image) {
  const Detector eiger = find_detector("Eiger4M").value();
  EXPECT_EQ(bad_value_of(eiger, DType::i32), (BadValue{-2, 1.5}));
  EXPECT_EQ(bad_value_of(eiger, DType::u8), (BadValue{254, 1.5}));
  EXPECT_EQ(bad_value_of(eiger, DType::u16), (BadValue{65534, 1.5}));
  EXPECT_EQ(bad_value_of(eiger, DType::u32), (BadValue{4294967294.0, 1.5}));
  EXPECT_FALSE(bad_value_of(find_detector("Detector").value(), DType::i32));
  Detector two_largest = eiger;
  two_largest.bad_value = BadValue{-1.5, 0.5};
  EXPECT_EQ(bad_value_of(two_largest, DType::u16), (BadValue{65534.5, 0.5}));
  EXPECT_EQ(bad_value_of(two_largest, DType::i32), (BadValue{-1.5, 0.5}));
}

TEST(BadValue, is_not_looked_for_in_processed_images) {
  EXPECT_FALSE(bad_value_of(find_detector("Eiger4M").value(), DType::f32));
  EXPECT_FALSE(bad_value_of(find_detector("Eiger4M").value(), DType::f64));
}

}  // namespace
}  // namespace annulus
