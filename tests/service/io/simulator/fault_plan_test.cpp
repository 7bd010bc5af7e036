// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/simulator/fault_plan.hpp"

#include <gtest/gtest.h>

namespace annulus {
namespace {

/// What is sent of a series of `count` frames.
std::vector<Sending> sent(const Faults& faults, std::uint64_t count) {
  FaultPlan plan(faults);
  std::vector<Sending> all;
  for (std::uint64_t frame = 0; frame < count; ++frame) {
    for (const Sending& sending : plan.turn(frame)) all.push_back(sending);
  }
  for (const Sending& sending : plan.rest()) all.push_back(sending);
  return all;
}

TEST(FaultPlan, sends_every_frame_once_and_in_order_without_faults) {
  EXPECT_EQ(sent({}, 3), (std::vector<Sending>{{0}, {1}, {2}}));
}

TEST(FaultPlan, leaves_out_repeats_and_reorders) {
  Faults faults;
  faults.lost = {1};
  EXPECT_EQ(sent(faults, 3), (std::vector<Sending>{{0}, {2}}));
  faults = {};
  faults.duplicated = {1};
  EXPECT_EQ(sent(faults, 3), (std::vector<Sending>{{0}, {1}, {1}, {2}}));
  faults = {};
  faults.reordered = {1};
  EXPECT_EQ(sent(faults, 4), (std::vector<Sending>{{0}, {2}, {1}, {3}}));
  faults.reordered = {1, 2};
  EXPECT_EQ(sent(faults, 4), (std::vector<Sending>{{0}, {3}, {1}, {2}}));
}

TEST(FaultPlan, keeps_a_reordered_last_frame_for_after_the_end) {
  Faults faults;
  faults.reordered = {2};
  FaultPlan plan(faults);
  EXPECT_TRUE(plan.turn(2).empty());
  EXPECT_EQ(plan.rest(), std::vector<Sending>{{2}});
  EXPECT_TRUE(plan.rest().empty());
}

TEST(FaultPlan, damages_what_it_is_told_to) {
  Faults faults;
  faults.truncated = {0, 1};
  faults.garbled = {1};
  faults.duplicated = {0};
  EXPECT_EQ(sent(faults, 2),
            (std::vector<Sending>{{0, Damage::truncated}, {0, Damage::truncated}, {1, Damage::garbled}}));
}

}  // namespace
}  // namespace annulus
