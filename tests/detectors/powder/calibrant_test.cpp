// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/powder/calibrant.hpp"

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

namespace annulus {
namespace {

std::vector<std::vector<int>> first_indices(const char* name, std::size_t count) {
  std::vector<std::vector<int>> out;
  for (const Reflection& r : reflections(find_calibrant(name), 0.5e-10)) {
    if (out.size() < count) out.push_back({r.h, r.k, r.l});
  }
  return out;
}

TEST(Reflections, of_ceria_are_those_of_a_face_centred_lattice) {
  EXPECT_EQ(first_indices("CeO2", 5),
            (std::vector<std::vector<int>>{{1, 1, 1}, {2, 0, 0}, {2, 2, 0}, {3, 1, 1}, {2, 2, 2}}));
}

TEST(Reflections, of_silicon_lack_those_forbidden_by_diamond) {
  EXPECT_EQ(first_indices("Si", 4), (std::vector<std::vector<int>>{{1, 1, 1}, {2, 2, 0}, {3, 1, 1}, {4, 0, 0}}));
}

TEST(Reflections, of_lanthanum_hexaboride_are_all_of_a_simple_lattice) {
  EXPECT_EQ(first_indices("LaB6", 4), (std::vector<std::vector<int>>{{1, 0, 0}, {1, 1, 0}, {1, 1, 1}, {2, 0, 0}}));
}

TEST(Reflections, know_their_spacing_multiplicity_and_strength) {
  const auto list = reflections(find_calibrant("CeO2"), 1e-10);
  EXPECT_NEAR(list[0].spacing, 3.1244e-10, 1e-14);  // 5.41165 / sqrt(3)
  EXPECT_EQ(list[0].multiplicity, 8);
  EXPECT_EQ(list[1].multiplicity, 6);
  EXPECT_EQ(list[2].multiplicity, 12);
  EXPECT_EQ(list[3].multiplicity, 24);
  EXPECT_LT(list[1].strength, 0.5 * list[0].strength) << "oxygen works against cerium in (200)";
  for (const Reflection& r : list) EXPECT_GE(r.spacing, 1e-10);
}

TEST(Calibrant, that_is_not_known_is_refused_with_a_suggestion) {
  try {
    (void)find_calibrant("CeO3");
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(), "'CeO3' is not a calibrant. Did you mean 'CeO2'?");
  }
}

}  // namespace
}  // namespace annulus
