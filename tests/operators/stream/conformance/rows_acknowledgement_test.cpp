// SPDX-License-Identifier: BSD-3-Clause
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/operators/stream/conformance/rows_time.hpp"

// Group B of the facts on Streamz: when an element is acknowledged (the end of a RefCounter), and what becomes of its
// metadata, which here is a part of the element.

namespace annulus {
namespace {

using testing::Line;
using testing::ms;
using testing::Tagged;
using testing::tags_into;
using testing::Turnstile;
using testing::TwoLines;

using Tags = std::vector<std::string>;

const auto ignore = [](const auto&) {};

/// Writes later: keeps what it gets until told that it is written.
class LateWriter final : public Node {
 public:
  using Node::Node;
  In<int> in{*this, "in", &LateWriter::on_element};
  std::vector<Hold> unwritten;

 private:
  void on_element(const int&, const Context& context) { unwritten.push_back(context.hold()); }
};

TEST(StreamzRows, row_097_a_window_of_two_keeps_one_element_unacknowledged) {
  Line line;
  line.source.stream().sliding_window(2).sink(ignore);
  line.graph.start();
  for (int i = 0; i < 10; ++i) {
    line.source.emit(i);
    EXPECT_EQ(line.source.unacknowledged(), 1U);
  }
  EXPECT_EQ(line.acks.text(), "0 1 2 3 4 5 6 7 8");
  line.graph.stop();
  EXPECT_EQ(line.acks.text(), "0 1 2 3 4 5 6 7 8 9");
}

TEST(StreamzRows, row_098_a_full_window_lets_its_oldest_element_go) {
  Line line;
  line.source.stream().sliding_window(3).sink(ignore);
  line.graph.start();
  line.emit_all({0, 1, 2, 3});
  EXPECT_EQ(line.acks.text(), "0 1");
  EXPECT_EQ(line.source.unacknowledged(), 2U);
  EXPECT_EQ(line.source.in_flight(), 0U);  // a window holds up nobody
}

TEST(StreamzRows, row_099_a_window_has_the_metadata_of_its_elements) {
  Tags tags;
  Line<Tagged> line;
  line.source.stream().sliding_window(2).sink(tags_into(tags));
  line.graph.start();
  line.emit_all({{0, ""}, {1, "v1"}, {2, "v2"}, {3, "v3"}});
  EXPECT_EQ(tags, (Tags{"v1", "v1v2", "v2v3"}));
}

TEST(StreamzRows, row_100_combine_latest_keeps_the_latest_of_each_input) {
  TwoLines lines;
  lines.a.stream().combine_latest(lines.b.stream()).sink(ignore);
  lines.graph.start();
  lines.a.emit(1);
  EXPECT_EQ(lines.a.unacknowledged(), 1U);
  lines.a.emit(2);
  EXPECT_EQ(lines.acks_a.text(), "0");
  lines.b.emit(3);
  EXPECT_EQ(lines.acks_a.text(), "0");
  EXPECT_EQ(lines.acks_b.text(), "");
  lines.graph.stop();
  EXPECT_EQ(lines.acks_a.text(), "0 1");
  EXPECT_EQ(lines.acks_b.text(), "0");
}

TEST(StreamzRows, row_101_combine_latest_has_the_metadata_of_what_it_combines) {
  Tags tags;
  TwoLines<Tagged> lines;
  lines.a.stream().combine_latest(lines.b.stream()).sink(tags_into(tags));
  lines.graph.start();
  lines.a.emit({1, "v1"});
  lines.b.emit({2, "v2"});
  lines.b.emit({3, ""});
  lines.b.emit({4, "v4"});
  EXPECT_EQ(tags, (Tags{"v1v2", "v1", "v1v4"}));
}

TEST(StreamzRows, row_102_zip_keeps_elements_until_their_partners_have_come) {
  TwoLines lines;
  lines.a.stream().zip(lines.b.stream()).sink(ignore);
  lines.graph.start();
  lines.a.emit(1);
  lines.a.emit(2);
  EXPECT_EQ(lines.a.unacknowledged(), 2U);
  lines.b.emit(3);
  EXPECT_EQ(lines.acks_a.text(), "0");
  EXPECT_EQ(lines.acks_b.text(), "0");
  EXPECT_EQ(lines.a.unacknowledged(), 1U);
}

TEST(StreamzRows, row_103_zip_has_the_metadata_of_the_pair) {
  Tags tags;
  TwoLines<Tagged> lines;
  lines.a.stream().zip(lines.b.stream()).sink(tags_into(tags));
  lines.graph.start();
  lines.a.emit({1, "v1"});
  lines.b.emit({2, "v2"});
  lines.a.emit({3, ""});
  lines.b.emit({4, "v4"});
  EXPECT_EQ(tags, (Tags{"v1v2", "v4"}));
}

TEST(StreamzRows, row_104_zip_latest_keeps_only_the_latest_of_the_other_input) {
  TwoLines lines;
  lines.a.stream().zip_latest(lines.b.stream()).sink(ignore);
  lines.graph.start();
  lines.a.emit(1);
  EXPECT_EQ(lines.acks_a.text(), "");
  lines.b.emit(2);
  EXPECT_EQ(lines.acks_a.text(), "0");
  EXPECT_EQ(lines.acks_b.text(), "");
  lines.b.emit(3);
  EXPECT_EQ(lines.acks_b.text(), "0");
  lines.a.emit(4);
  EXPECT_EQ(lines.acks_a.text(), "0 1");
  EXPECT_EQ(lines.acks_b.text(), "0");
}

TEST(StreamzRows, row_105_zip_latest_has_the_metadata_of_both) {
  Tags tags;
  TwoLines<Tagged> lines;
  lines.a.stream().zip_latest(lines.b.stream()).sink(tags_into(tags));
  lines.graph.start();
  lines.a.emit({1, "v1"});
  lines.b.emit({2, "v2"});
  lines.a.emit({3, ""});
  lines.b.emit({4, "v4"});
  EXPECT_EQ(tags, (Tags{"v1v2", "v2"}));
}

TEST(StreamzRows, row_106_a_partition_keeps_elements_until_it_is_full) {
  Line line;
  line.source.stream().partition(2).sink(ignore);
  line.graph.start();
  for (int i = 0; i < 10; ++i) {
    line.source.emit(i);
    EXPECT_EQ(line.source.unacknowledged(), i % 2 == 0 ? 1U : 0U);
  }
  EXPECT_EQ(line.acks.text(), "0 1 2 3 4 5 6 7 8 9");
}

TEST(StreamzRows, row_107_a_partition_has_the_metadata_of_its_elements) {
  Tags tags;
  Line<Tagged> line;
  line.source.stream().partition(2).sink(tags_into(tags));
  line.graph.start();
  line.emit_all({{0, ""}, {1, "v1"}, {2, "v2"}, {3, "v3"}});
  EXPECT_EQ(tags, (Tags{"v1", "v2v3"}));
}

TEST(StreamzRows, row_108_collect_keeps_everything_until_the_flush) {
  Line line;
  auto& flush = line.graph.make<Source<int>>("flush");
  line.source.stream().collect(flush.stream()).sink(ignore);
  line.graph.start();
  for (int i = 0; i < 10; ++i) line.source.emit(i);
  EXPECT_EQ(line.acks.text(), "");
  EXPECT_EQ(line.source.unacknowledged(), 10U);
  flush.emit(0);
  EXPECT_EQ(line.acks.text(), "0 1 2 3 4 5 6 7 8 9");
}

TEST(StreamzRows, row_109_collect_has_the_metadata_of_what_it_lets_go) {
  Tags tags;
  Line<Tagged> line;
  auto& flush = line.graph.make<Source<int>>("flush");
  line.source.stream().collect(flush.stream()).sink(tags_into(tags));
  line.graph.start();
  line.emit_all({{0, ""}, {1, "v1"}, {2, "v2"}});
  flush.emit(0);
  line.emit_all({{3, "v3"}, {4, "v4"}});
  flush.emit(0);
  EXPECT_EQ(tags, (Tags{"v1v2", "v3v4"}));
}

TEST(StreamzRows, row_110_unique_passes_metadata_on) {
  Tags tags;
  Line<Tagged> line;
  line.source.stream().unique(100, [](const Tagged& element) { return element.value; }).sink(tags_into(tags));
  line.graph.start();
  line.emit_all({{0, "v0"}, {1, "v1"}, {2, "v2"}, {3, "v3"}, {4, "v4"}});
  EXPECT_EQ(tags, (Tags{"v0", "v1", "v2", "v3", "v4"}));
}

TEST(StreamzRows, row_111_a_buffer_keeps_elements_until_they_are_done_behind_it) {
  Turnstile writes;
  Line line;
  line.source.stream().buffer(5).sink([&](int) { writes.pass(); });
  line.graph.start();
  line.emit_all({0, 1, 2, 3, 4});
  EXPECT_EQ(line.source.unacknowledged(), 5U);
  EXPECT_EQ(line.source.in_flight(), 5U);
  writes.let_through(5);
  ASSERT_TRUE(line.acks.has(5));
  line.graph.stop();
  EXPECT_EQ(line.acks.text(), "0 1 2 3 4");
}

TEST(StreamzRows, row_111_a_delay_keeps_elements_until_they_are_done_behind_it) {
  Line line;
  line.source.stream().delay(ms(10)).sink(ignore);
  line.graph.start();
  line.emit_all({0, 1, 2, 3, 4});
  line.clock.advance(ms(9));
  EXPECT_EQ(line.source.unacknowledged(), 5U);
  line.clock.advance(ms(1));
  EXPECT_EQ(line.acks.text(), "0 1 2 3 4");
}

TEST(StreamzRows, row_112_a_timed_window_keeps_elements_until_its_time) {
  Line line;
  line.source.stream().timed_window(ms(10)).sink(ignore);
  line.graph.start();
  line.source.emit(1);
  EXPECT_EQ(line.source.unacknowledged(), 1U);
  line.clock.advance(ms(50));
  EXPECT_EQ(line.acks.text(), "0");
  line.source.emit(2);
  EXPECT_EQ(line.source.unacknowledged(), 1U);
}

TEST(StreamzRows, row_113_a_timed_window_has_the_metadata_of_its_elements) {
  Tags tags;
  Line<Tagged> line;
  line.source.stream().timed_window(ms(60)).sink(tags_into(tags));
  line.graph.start();
  line.emit_all({{0, ""}, {1, "v1"}});
  line.clock.advance(ms(100));
  line.emit_all({{2, "v2"}, {3, "v3"}});
  line.clock.advance(ms(100));
  EXPECT_EQ(tags, (Tags{"v1", "v2v3"}));
}

// Latest may drop any element, so what it takes is acknowledged at once: nobody waits for what is behind it.
TEST(StreamzRows, row_114_latest_keeps_nothing_unacknowledged) {
  Turnstile writes;
  Line line;
  line.source.stream().latest().sink([&](int) { writes.pass(); });
  line.graph.start();
  line.source.emit(1);
  EXPECT_EQ(line.acks.text(), "0");
  line.source.emit(2);
  EXPECT_EQ(line.acks.text(), "0 1");
  writes.let_through(2);
}

TEST(StreamzRows, row_115_an_element_is_acknowledged_once_whatever_becomes_of_it) {
  std::vector<std::string> heard;
  Line<std::vector<int>> line;
  auto lists = line.source.stream();
  lists.map([](const std::vector<int>& list) { return list.size(); }).sink(ignore);
  lists.filter([](const std::vector<int>&) { return false; }).sink(ignore);
  lists.flatten().sink([&](int) { heard.push_back(line.acks.text()); });
  line.graph.start();
  line.source.emit({1, 2, 3});
  EXPECT_EQ(heard, (std::vector<std::string>{"", "", ""}));  // not before the last child is done
  EXPECT_EQ(line.acks.text(), "0");
}

TEST(StreamzRows, row_116_an_element_that_nobody_listens_to_is_done) {
  Line line;
  line.graph.start();
  line.source.emit(1);
  EXPECT_EQ(line.acks.text(), "0");
}

TEST(StreamzRows, row_117_a_duplicate_that_is_left_out_is_done) {
  for (const Keep keep : {Keep::first, Keep::last}) {
    Line line;
    line.source.stream().partition_unique(3, Identity{}, keep).sink(ignore);
    line.graph.start();
    line.emit_all({1, 1});
    EXPECT_EQ(line.acks.text(), keep == Keep::first ? "1" : "0");
    line.emit_all({2, 3});
    EXPECT_EQ(line.acks.text(), "0 1 2 3");
  }
}

TEST(StreamzRows, row_118_the_last_element_through_latest_needs_no_newer_one_to_be_done) {
  Turnstile done;
  Line line;
  line.source.stream().latest().sink([&](int) { done.pass(); });
  line.graph.start();
  done.let_through(1);
  line.source.emit(1);
  ASSERT_TRUE(done.arrived(1));
  EXPECT_EQ(line.acks.text(), "0");
  EXPECT_EQ(line.source.unacknowledged(), 0U);
}

TEST(StreamzRows, row_119_what_waits_for_its_turn_is_not_done) {
  Line line;
  line.source.stream().rate_limit(ms(100)).sink(ignore);
  line.graph.start();
  line.emit_all({0, 1, 2});
  EXPECT_EQ(line.acks.text(), "");
  line.clock.advance(ms(0));
  EXPECT_EQ(line.acks.text(), "0");
  line.clock.advance(ms(199));
  EXPECT_EQ(line.acks.text(), "0 1");
  line.clock.advance(ms(1));
  EXPECT_EQ(line.acks.text(), "0 1 2");
}

TEST(StreamzRows, row_119_what_is_not_yet_written_is_not_done) {
  Line line;
  auto& writer = line.graph.make<LateWriter>("writer");
  line.source.stream().connect(writer.in);
  line.graph.start();
  line.emit_all({0, 1});
  EXPECT_EQ(line.acks.text(), "");
  writer.unwritten.pop_back();
  EXPECT_EQ(line.acks.text(), "1");
  writer.unwritten.pop_back();
  EXPECT_EQ(line.acks.text(), "0 1");
}

TEST(StreamzRows, row_120_an_element_that_raised_in_one_branch_is_acknowledged_as_not_good) {
  std::vector<int> seen;
  Line line;
  line.source.stream().sink([](int x) {
    if (x == 1) throw std::runtime_error("one");
  });
  line.source.stream().sink([&](int x) { seen.push_back(x); });
  line.graph.start();
  line.emit_all({0, 1, 2});
  EXPECT_EQ(line.acks.text(), "0 !1 2");
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2}));
}

// A batch is not good for any of its elements when a node behind fails on it.
TEST(StreamzRows, row_120_a_batch_that_raised_is_not_good_for_each_of_its_elements) {
  Line line;
  line.source.stream().partition(2).sink([](const std::vector<int>& pair) {
    if (pair.front() == 2) throw std::runtime_error("two");
  });
  line.graph.start();
  line.emit_all({0, 1, 2, 3, 4, 5});
  EXPECT_EQ(line.acks.text(), "0 1 !2 !3 4 5");
}

}  // namespace
}  // namespace annulus
