// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/runs/traffic.hpp"

#include <string>

#include <gtest/gtest.h>

namespace annulus {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

TEST(TrafficCounter, counts_what_is_refused_by_the_decoder_that_refuses) {
  TrafficCounter counter;
  counter.received(10);
  counter.received(20);
  counter.refused("other_prefix");
  EXPECT_EQ(counter.refused(DecodeError{"pickle: no such opcode", 3}, bytes_of("abc")).value_or(""),
            "message of 3 bytes refused: pickle: no such opcode (at byte 3); it begins 61 62 63 ");
  (void)counter.refused(DecodeError{"pickle: cut short", 3}, bytes_of("abc"));
  (void)counter.refused(DecodeError{"what is this", 0}, {});
  const Traffic traffic = counter.traffic();
  EXPECT_EQ(traffic.messages, 2U);
  EXPECT_EQ(traffic.bytes, 30U);
  EXPECT_EQ(traffic.refused,
            (std::map<std::string, std::uint64_t>{{"other_prefix", 1}, {"pickle", 2}, {"undecodable", 1}}));
}

TEST(TrafficCounter, tells_the_first_of_a_kind_and_counts_all) {
  TrafficCounter counter;
  int told = 0;
  for (int i = 0; i < 100; ++i) told += counter.refused(DecodeError{"json: broken", 0}, {}).has_value() ? 1 : 0;
  EXPECT_EQ(told, 20);
  EXPECT_TRUE(counter.refused(DecodeError{"pickle: broken", 0}, {}).has_value()) << "another kind is told again";
  EXPECT_EQ(counter.traffic().refused.at("json"), 100U);
}

}  // namespace
}  // namespace annulus
