// SPDX-License-Identifier: BSD-3-Clause
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "operators/stream/stream.hpp"
#include "tests/probe.hpp"

namespace annulus {
namespace {

using testing::errors_of;
using testing::message_of;
using Pair = std::tuple<int, int>;

/// Two sources, and what their joins brought, as text (written until the graph is gone).
struct TwoSources {
  std::string seen;
  std::string unmatched;
  Graph graph;
  Source<int>& a = graph.make<Source<int>>("a");
  Source<int>& b = graph.make<Source<int>>("b");

  template <class T>
  void watch(const Stream<T>& stream) {
    stream.sink([this](const T& element) { seen += fmt::format("{} ", element); });
    graph.start();
  }
};

int fail_at_two(int x) {
  if (x == 2) throw std::runtime_error("two");
  return x;
}

TEST(Zip, keeps_partners_together_when_an_element_failed_in_one_branch) {
  TwoSources t;
  t.watch(t.a.stream().map(fail_at_two).zip(t.a.stream().map([](int x) { return 10 * x; })));
  for (int i = 1; i <= 3; ++i) t.a.emit(i);
  EXPECT_EQ(t.seen, "(1, 10) (3, 30) ");
  EXPECT_EQ(errors_of(t.graph), "map: two\n");
}

TEST(Zip, refuses_elements_whose_partners_would_have_to_come_from_the_sender_itself) {
  TwoSources t;
  t.watch(zip({.name = "zip", .max_size = 2}, t.a.stream(), t.a.stream().filter([](int) { return false; })));
  for (int i = 0; i < 4; ++i) t.a.emit(i);
  EXPECT_EQ(t.graph.find("zip")->errors(), 2);
  EXPECT_EQ(errors_of(t.graph).find("zip: 2 elements wait at input 'in0' already"), 0U);
}

TEST(Zip, lets_a_sender_wait_for_another_source) {
  TwoSources t;
  t.watch(zip({.name = "zip", .max_size = 2}, t.a.stream(), t.b.stream()));
  testing::Changes changes;
  int sent = 0;
  std::thread sender([&] {
    for (int i = 0; i < 4; ++i) {
      t.a.emit(i);
      changes.make([&] { ++sent; });
    }
  });
  EXPECT_TRUE(changes.wait([&] { return sent == 2; }));
  for (int i = 0; i < 4; ++i) t.b.emit(10 * i);
  sender.join();
  t.graph.stop();
  EXPECT_EQ(t.seen, "(0, 0) (1, 10) (2, 20) (3, 30) ");
}

TEST(Zip, lets_a_waiting_sender_go_when_the_graph_stops) {
  TwoSources t;
  t.watch(zip({.name = "zip", .max_size = 1}, t.a.stream(), t.b.stream()));
  const Node& zip_node = *t.graph.find("zip");
  std::thread sender([&] {
    t.a.emit(1);
    t.a.emit(2);
  });
  testing::Changes changes;
  EXPECT_TRUE(changes.wait([&] { return zip_node.received() == 2; }));
  t.graph.stop();
  sender.join();
  EXPECT_EQ(t.seen, "");
  EXPECT_EQ(zip_node.dropped(), 1) << "the first was given up at the end";
  EXPECT_EQ(zip_node.errors(), 2) << "and both were reported";
}

TEST(Zip, tells_which_elements_stayed_alone_when_the_run_ended) {
  TwoSources t;
  std::vector<bool> good;
  t.a.on_acknowledge([&](const Acknowledgement& done) { good.push_back(done.good); });
  t.watch(t.a.stream().zip(t.b.stream()));
  t.a.emit(1);
  t.a.emit(2);
  t.b.emit(10);
  t.graph.stop();
  EXPECT_EQ(t.seen, "(1, 10) ");
  EXPECT_EQ(errors_of(t.graph), "zip: no partner had come when the run ended\n");
  EXPECT_EQ(good, (std::vector<bool>{true, false}));
}

TEST(Zip, of_a_lossy_and_a_lossless_branch_is_refused) {
  TwoSources t;
  t.a.stream().latest().zip(t.a.stream()).sink([](const Pair&) {});
  EXPECT_EQ(message_of([&] { t.graph.start(); }),
            "zip: inputs 'in0' and 'in1' are paired by count, but 'latest' may drop elements of one of them (then all "
            "later pairs are wrong) put that buffer before the branches part, make it block, or use join_by_frame");
}

TEST(Zip, behind_one_lossy_buffer_is_allowed) {
  TwoSources t;
  const auto shared = t.a.stream().latest();
  shared.map([](int x) { return x; }).zip(shared).sink([](const Pair&) {});
  EXPECT_EQ(message_of([&] { t.graph.start(); }), "no exception");
}

TEST(CombineLatest, emits_once_where_branches_of_one_thread_meet) {
  TwoSources t;
  const auto up = t.a.stream().map([](int x) { return x + 1; });
  const auto down = t.a.stream().map([](int x) { return x - 1; });
  t.watch(up.combine_latest(down));
  t.a.emit(10);
  t.a.emit(20);
  EXPECT_EQ(t.seen, "(11, 9) (21, 19) ");
}

TEST(CombineLatest, emits_once_at_the_outer_of_nested_forks) {
  TwoSources t;
  const auto left = t.a.stream().map([](int x) { return x; });
  const auto joined =
      combine_latest({}, left.map([](int x) { return x + 1; }), left.map([](int x) { return x + 2; }), t.a.stream());
  t.watch(joined);
  t.a.emit(10);
  t.a.emit(20);
  EXPECT_EQ(t.seen, "(11, 12, 10) (21, 22, 20) ");
}

TEST(CombineLatest, emits_for_every_item_of_a_list_when_the_branches_part_behind_it) {
  TwoSources t;
  const auto both = t.a.stream().zip(t.a.stream().map([](int x) { return x; }));
  const auto items = both.map([](const Pair& p) { return std::vector{std::get<0>(p), std::get<0>(p) + 1}; }).flatten();
  t.watch(items.combine_latest(items.map([](int x) { return -x; })));
  t.a.emit(10);
  EXPECT_EQ(t.seen, "(10, -10) (11, -11) ") << "the fork at the source meets again in the zip, not here";
}

TEST(CombineLatest, of_branches_in_two_threads_is_refused) {
  TwoSources t;
  t.a.stream().buffer(4).combine_latest(t.a.stream()).sink([](const Pair&) {});
  EXPECT_EQ(
      message_of([&] { t.graph.start(); }),
      "combine_latest: inputs 'in0' and 'in1' both come from 'a', in different threads (which is the latest would "
      "be chance) put the buffer or the workers before the branches part, or use join_by_frame");
}

TEST(CombineLatest, of_different_sources_may_be_in_different_threads) {
  TwoSources t;
  t.a.stream().buffer(4).combine_latest(t.b.stream()).sink([](const Pair&) {});
  EXPECT_EQ(message_of([&] { t.graph.start(); }), "no exception");
}

TEST(ZipLatest, pairs_with_what_the_same_element_brought) {
  TwoSources t;
  t.watch(t.a.stream().zip_latest(t.a.stream().map([](int x) { return -x; })));
  t.a.emit(1);
  t.a.emit(2);
  EXPECT_EQ(t.seen, "(1, -1) (2, -2) ");
}

struct FrameJoinTest : ::testing::Test, TwoSources {
  void join(const FrameJoin<int, int>& joined) {
    joined.unmatched.sink([this](const Unmatched& u) {
      unmatched += fmt::format("{} {} {} ", u.frame, fmt::join(u.missing, ","), name_of(u.state));
    });
    watch<Pair>(joined);
  }
};

TEST_F(FrameJoinTest, aligns_branches_that_filter_fail_and_drop) {
  const auto s = a.stream();
  join(s.map(fail_at_two).join_by_frame(s.filter([](int x) { return x != 3; }).map([](int x) { return 10 * x; })));
  for (int i = 0; i < 5; ++i) a.emit(i);
  EXPECT_EQ(seen, "(0, 0) (1, 10) (4, 40) ");
  EXPECT_EQ(unmatched, "2 in0 failed 3 in1 filtered ");
}

TEST_F(FrameJoinTest, aligns_branches_in_different_threads) {
  const auto s = a.stream();
  join(s.buffer(4).map(fail_at_two).join_by_frame(s.parallel_map([](int x) { return 10 * x; }, 2)));
  for (int i = 0; i < 5; ++i) a.emit(i);
  graph.stop();
  EXPECT_EQ(seen, "(0, 0) (1, 10) (3, 30) (4, 40) ");
  EXPECT_EQ(unmatched, "2 in0 failed ");
}

TEST_F(FrameJoinTest, hears_from_the_source_what_was_lost) {
  join(a.stream().join_by_frame(b.stream()));
  const RunPtr run = graph.begin_run("r");
  a.emit(0, run, 0);
  a.emit(1, run, 1);
  b.announce_gap(run, 0, 0, FrameState::lost, "sequence numbers jumped");
  b.emit(10, run, 1);
  EXPECT_EQ(seen, "(1, 10) ");
  EXPECT_EQ(unmatched, "0 in1 lost ");
}

TEST_F(FrameJoinTest, gives_up_a_frame_when_a_much_later_one_has_come) {
  join(annulus::join_by_frame({.name = {}, .max_size = 2}, a.stream(), b.stream()));
  const RunPtr run = graph.begin_run("r");
  for (std::uint64_t k = 0; k < 4; ++k) a.emit(static_cast<int>(k), run, k);
  EXPECT_EQ(unmatched, "0 in1 missing ");
  b.emit(10, run, 0);
  b.emit(11, run, 1);
  EXPECT_EQ(seen, "(1, 11) ");
  EXPECT_EQ(errors_of(graph),
            "join_by_frame: no partner had come over input 'in1'\n"
            "join_by_frame: the frame came after its partners were given up\n");
}

TEST_F(FrameJoinTest, tells_at_the_end_of_a_run_what_is_left) {
  join(a.stream().join_by_frame(b.stream()));
  const RunPtr run = graph.begin_run("r");
  a.emit(0, run, 0);
  graph.end_run(run);
  EXPECT_EQ(unmatched, "0 in1 missing ");
  EXPECT_EQ(a.unacknowledged(), 0);
}

TEST(Joins, acknowledge_with_the_element_that_they_made) {
  TwoSources t;
  std::string log;
  t.a.on_acknowledge([&](const Acknowledgement& done) { log += fmt::format("a{} ", done.position); });
  t.b.on_acknowledge([&](const Acknowledgement& done) { log += fmt::format("b{} ", done.position); });
  std::vector<Hold> kept;
  t.a.stream().zip(t.b.stream()).sink([&](const Pair&, const Context& context) { kept.push_back(context.hold()); });
  t.graph.start();
  t.a.emit(1);
  t.b.emit(2);
  EXPECT_EQ(log, "") << "the pair is kept by an asynchronous sink";
  kept.clear();
  EXPECT_EQ(log, "a0 b0 ");
}

TEST(Zip, keeps_partners_together_behind_any_number_of_failures) {
  TwoSources f;
  f.watch(f.a.stream()
              .map([](int x) {
                if (x < 30) throw std::runtime_error("early");
                return x;
              })
              .zip(f.b.stream()));
  for (int i = 0; i < 32; ++i) f.a.emit(i);
  for (int i = 0; i < 32; ++i) f.b.emit(i);
  f.graph.stop();
  EXPECT_EQ(f.seen, "(30, 30) (31, 31) ");
}

TEST(Zip, keeps_partners_together_after_an_element_was_refused) {
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  std::vector<Pair> seen;
  testing::Changes gate;
  bool open = false;
  const auto late = source.stream().buffer(64).map([&](int x) {
    EXPECT_TRUE(gate.wait([&] { return open; }));
    return x;
  });
  late.zip(source.stream()).sink([&](const Pair& pair) { seen.push_back(pair); });
  graph.start();
  for (int i = 0; i < 15; ++i) source.emit(i);
  gate.make([&] { open = true; });
  graph.stop();
  EXPECT_EQ(seen.size(), 10U);
  for (const auto& [left, right] : seen) EXPECT_EQ(left, right);
  EXPECT_EQ(graph.errors().total(), 5U);
}

TEST(Zip, does_not_wait_for_a_source_that_takes_no_part_in_the_run) {
  TwoSources f;
  f.watch(f.a.stream().zip(f.b.stream()));
  const RunPtr run = f.graph.begin_run("alone", {&f.a});
  for (std::uint64_t i = 0; i < 12; ++i) f.a.emit(1, run, i);
  f.graph.end_run(run);
  EXPECT_EQ(f.seen, "");
  EXPECT_EQ(f.graph.errors().total(), 12U) << "two were refused, ten given up";
}

}  // namespace
}  // namespace annulus
