// SPDX-License-Identifier: BSD-3-Clause
#include "operators/data/units.hpp"

#include <gtest/gtest.h>

#include "operators/data/frame.hpp"
#include "operators/data/pattern.hpp"

namespace annulus {
namespace {

TEST(RadialUnits, round_trip_by_name) {
  for (const RadialUnitInfo& row : all_radial_units()) {
    EXPECT_EQ(parse_radial_unit(row.name), row.unit);
    EXPECT_EQ(info(row.unit).name, row.name);
  }
  EXPECT_FALSE(parse_radial_unit("q_nm"));
}

// event-model allows neither in the names of data keys, which patterns have of their quantity.
TEST(RadialUnits, have_quantities_without_dots_and_slashes) {
  for (const RadialUnitInfo& row : all_radial_units()) {
    EXPECT_FALSE(row.quantity.empty());
    EXPECT_EQ(row.quantity.find_first_of("./"), std::string_view::npos) << row.quantity;
  }
}

TEST(RadialUnits, know_the_period_of_azimuths) {
  EXPECT_EQ(info(RadialUnit::chi_deg).period, 360);
  EXPECT_EQ(info(RadialUnit::chigi_rad).period, 2 * pi);
  EXPECT_EQ(info(RadialUnit::q_nm).period, 0);
}

TEST(RadialAxisUniform, has_edges_and_centres) {
  const RadialAxis axis = RadialAxis::uniform(RadialUnit::r_mm, 1.0, 3.0, 4);
  EXPECT_EQ(axis.edges, (std::vector<double>{1.0, 1.5, 2.0, 2.5, 3.0}));
  EXPECT_EQ(axis.centres, (std::vector<double>{1.25, 1.75, 2.25, 2.75}));
}

TEST(FrameStates, have_names) {
  EXPECT_EQ(name_of(FrameState::missing), "missing");
  EXPECT_EQ(name_of(FrameState::filtered), "filtered");
}

}  // namespace
}  // namespace annulus
