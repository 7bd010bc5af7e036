// SPDX-License-Identifier: BSD-3-Clause
#include "tests/marbles.hpp"

#include <string>

#include <gtest/gtest.h>

#include "tests/probe.hpp"

namespace annulus {
namespace {

using testing::message_of;
using testing::play;
using testing::played;
using testing::record;
using testing::tick;
using testing::track;

const auto unchanged = [](const auto& stream) { return stream; };

TEST(Marbles, come_out_as_they_went_in_when_nothing_is_between) {
  EXPECT_EQ(played("1-2-x-3|", unchanged), "1-2-x-3|");
  EXPECT_EQ(played("--(12)-(3x)-(4|)", unchanged), "--(12)-(3x)-(4|)");
  EXPECT_EQ(played<char>("a-(bc)-7|", unchanged), "a-(bc)-7|");
  EXPECT_EQ(played("", unchanged), "");
}

TEST(Marbles, without_an_end_leave_the_run_open) { EXPECT_EQ(played("1-2--", unchanged), "1-2"); }

TEST(Marbles, of_a_filter_show_the_gaps_that_it_leaves) {
  EXPECT_EQ(played("1-23-4|", [](auto s) { return s.filter([](int x) { return x % 2 == 0; }); }), "x-2x-4|");
}

TEST(Marbles, of_a_delay_come_later_with_the_same_distances) {
  EXPECT_EQ(played("1-(23)4-|", [](auto s) { return s.delay(2 * tick); }), "--1-(23)(4|)");
}

TEST(Marbles, of_a_rate_limit_come_one_by_one) {
  EXPECT_EQ(played("(123)|---", [](auto s) { return s.rate_limit(2 * tick); }), "1-2-(3|)");
  EXPECT_EQ(played("1---23|", [](auto s) { return s.rate_limit(2 * tick); }), "1---2-(3|)");
}

TEST(Marbles, of_a_timed_window_are_lists_that_may_be_empty) {
  EXPECT_EQ(played("12-3-----4|", [](auto s) { return s.timed_window(3 * tick); }), "[1]--[2]--[3]--[]([4]|)");
}

TEST(Marbles, of_a_partition_with_a_timeout_are_parts) {
  const auto parts = [](auto s) { return s.partition(3, NoKey{}, {.timeout = 4 * tick}); };
  EXPECT_EQ(played("12---345-6|", parts), "----[12]--[345]--([6]|)");
}

TEST(Marbles, of_several_sources_go_side_by_side) {
  VirtualClock clock;
  Graph graph(&clock);
  auto& a = graph.make<Source<int>>("a");
  auto& b = graph.make<Source<char>>("b");
  const auto& out = record(a.stream().zip(b.stream()));
  graph.start();
  play(clock, graph, {track(a, "12-3|"), track(b, "--a(bc)--|")});
  EXPECT_EQ(out.text(), "--[1a]([2b][3c])--|");
}

TEST(Marbles, stand_for_any_value) {
  VirtualClock clock;
  Graph graph(&clock);
  auto& source = graph.make<Source<std::string>>("source");
  const auto& out = record(source.stream().map([](const std::string& word) { return static_cast<int>(word.size()); }));
  graph.start();
  play(clock, graph, source, "a-b|", [](char marble) { return marble == 'a' ? std::string("four") : std::string(); });
  EXPECT_EQ(out.text(), "4-0|");
}

TEST(Marbles, without_meaning_are_refused) {
  EXPECT_EQ(message_of([] { (void)played("1(2", unchanged); }), "1(2: '(' has no ')'");
  EXPECT_EQ(message_of([] { (void)played("1 2", unchanged); }), "1 2: ' ' has no meaning there");
  EXPECT_EQ(message_of([] { (void)played("1|2", unchanged); }), "1|2: '2' has no meaning there");
}

}  // namespace
}  // namespace annulus
