// SPDX-License-Identifier: BSD-3-Clause
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "operators/stream/sources.hpp"
#include "operators/stream/stream.hpp"
#include "tests/probe.hpp"

namespace annulus {
namespace {

using testing::message_of;
using testing::Probe;

/// Multiplies by a number that may be changed while it runs.
class Scale final : public Stage<int, int> {
 public:
  explicit Scale(std::string name) : Stage<int, int>(std::move(name), "scale") {}
  std::string told;
  bool refuses = false;

 private:
  void on_element(int&& x, const Context& context) override { out_.emit(x * *factor_, context); }
  void param_changed(const ParamBase& param) override {
    if (refuses) throw std::runtime_error("refused");
    told += param.name() + " is " + param.text() + " ";
  }
  Param<int> factor_{*this, "factor", 1, "what to multiply by", at_least(0), {}, Change::live};
  Param<int> fixed_{*this, "fixed", 1, "what cannot be changed"};
};

struct Live {
  VirtualClock clock;
  Graph graph{&clock};
  Source<int>& source = graph.make<Source<int>>("source");
  Scale& scale = graph.make<Scale>("scale");
  std::string seen;
  Live() {
    source.stream().connect(scale.in());
    Stream<int>(graph, scale.out()).sink([this](int x) { seen += std::to_string(x) + " "; });
    graph.start();
  }
};

TEST(LiveParam, takes_effect_between_two_elements_and_is_recorded) {
  Live live;
  live.clock.advance(std::chrono::seconds(5));
  live.source.emit(1);
  live.graph.change("scale", "factor", Value(10));
  live.source.emit(2);
  EXPECT_EQ(live.seen, "1 20 ");
  EXPECT_EQ(live.scale.told, "factor is 10 ");
  ASSERT_EQ(live.graph.changes().size(), 1U);
  const ParamChange change = live.graph.changes().front();
  EXPECT_EQ(change.node + "." + change.param + ": " + change.before + " -> " + change.after, "scale.factor: 1 -> 10");
  EXPECT_EQ(change.time, 5.0);
}

TEST(LiveParam, refuses_what_does_not_fit_or_is_not_live) {
  Live live;
  EXPECT_EQ(message_of([&] { live.graph.change("scale", "factor", Value(-1)); }),
            "scale.factor: -1 is out of range (must be at least 0)");
  EXPECT_EQ(message_of([&] { live.graph.change("scale", "fixed", Value(2)); }),
            "scale.fixed: cannot be changed while the graph runs (it is not declared live) restart with the new value");
  EXPECT_EQ(message_of([&] { live.graph.change("scale", "factr", Value(2)); }),
            "scale.factr: there is no such parameter. Did you mean 'factor'?");
  EXPECT_EQ(message_of([&] { live.graph.change("skale", "factor", Value(2)); }),
            "there is no node 'skale'. Did you mean 'scale'?");
  EXPECT_EQ(message_of([&] { live.graph.change("source", "factor", Value(2)); }),
            "source.factor: there is no such parameter. Nothing can be changed here.");
  EXPECT_TRUE(live.graph.changes().empty());
}

TEST(LiveParam, tells_when_the_node_is_ready_for_its_value) {
  Live live;
  std::vector<std::string> told;
  const auto outcome = [&](const std::string& refusal) { told.push_back(refusal); };
  live.graph.change("scale", "factor", Value(10), outcome);
  EXPECT_EQ(told, std::vector<std::string>{""});
  EXPECT_EQ(live.graph.text_of(*live.scale.find_param("factor")), "1");
  live.source.emit(2);
  EXPECT_EQ(live.graph.text_of(*live.scale.find_param("factor")), "10");
  EXPECT_THROW(live.graph.change("scale", "factor", Value(-1), outcome), ConfigError);
  EXPECT_EQ(told.size(), 1U);
}

TEST(LiveParam, is_changed_while_elements_flow) {
  Live live;
  std::thread sender([&] {
    for (int i = 0; i < 2000; ++i) live.source.emit(1);
  });
  for (int f = 1; f <= 100; ++f) live.graph.change("scale", "factor", Value(f));
  sender.join();
  live.source.emit(1);
  EXPECT_TRUE(live.seen.ends_with(" 100 "));
}

TEST(Wiring, a_branch_that_joins_sees_the_run_from_there_on) {
  Live live;
  auto& probe = live.graph.make<Probe<int>>();
  const RunPtr run = live.graph.begin_run("r");
  live.source.emit(1, run, 1);
  live.graph.connect(live.scale.out(), *probe.inputs().front());
  live.source.emit(2, run, 2);
  live.graph.disconnect(live.scale.out(), *probe.inputs().front());
  live.source.emit(3, run, 3);
  live.graph.end_run(run);
  EXPECT_EQ(probe.log(), "[r 2 ]r success");
  EXPECT_EQ(live.seen, "1 2 3 ");
}

TEST(Wiring, a_new_node_of_a_running_graph_passes_runs_on) {
  Live live;
  const RunPtr run = live.graph.begin_run("r");
  auto& probe = live.graph.make<Probe<std::vector<int>>>();
  auto& window = live.graph.make<Partition<int, NoKey>>("late", 2, Clock::Duration(0), NoKey{});
  live.graph.connect(window.out(), *probe.inputs().front());
  live.graph.connect(live.scale.out(), window.in());
  for (std::uint64_t k = 0; k < 3; ++k) live.source.emit(static_cast<int>(k), run, k);
  live.graph.end_run(run);
  EXPECT_EQ(probe.log(), "[r 1 2 ]r success");
  EXPECT_EQ(probe.elements(), (std::vector<std::vector<int>>{{0, 1}, {2}}));
}

TEST(Wiring, a_source_that_joins_late_takes_part_in_the_common_run) {
  Live live;
  live.source.emit(1);
  auto& late = live.graph.make<Source<int>>("late");
  late.stream().connect(live.scale.in());
  EXPECT_TRUE(late.emit(2));
  live.graph.stop();
  EXPECT_EQ(live.seen, "1 2 ");
  EXPECT_EQ(late.unacknowledged(), 0U);
}

TEST(Wiring, refuses_an_edge_that_would_close_a_circle_and_goes_on) {
  Live live;
  EXPECT_EQ(message_of([&] { live.graph.connect(live.scale.out(), live.scale.in()); }),
            "scale.out -> scale.in: scale: scale -> scale is a circle (an element would go round for ever) remove one "
            "connection, or close it at the 'back' input of a loop");
  live.source.emit(7);
  EXPECT_EQ(live.seen, "7 ");
}

TEST(Wiring, cannot_be_changed_from_inside_the_graph) {
  Live live;
  std::string message;
  auto& late = live.graph.make<Sink<int, std::function<void(int)>>>(
      "late", [&](int) { message = message_of([&] { live.graph.detach(live.scale); }); });
  live.graph.connect(live.scale.out(), late.in());
  live.source.emit(1);
  EXPECT_EQ(message, "an edge is taken away from inside the graph (it could wait for itself) do so from outside");
}

TEST(Wiring, of_a_tuple_that_has_lost_an_input_loses_no_element_in_silence) {
  Graph graph;
  auto& a = graph.make<Source<int>>("a");
  auto& b = graph.make<Source<int>>("b");
  const auto zipped = a.stream().zip(b.stream());
  zipped.sink([](const std::tuple<int, int>&) {});
  graph.start();
  b.stream().disconnect(zipped.input<int>("in1"));
  a.emit(1);
  graph.stop();
  EXPECT_EQ(testing::errors_of(graph), "zip: no partner had come when the run ended\n");
}

TEST(Wiring, changes_while_elements_flow_through_threads) {
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  std::size_t always = 0;
  const auto behind = source.stream().buffer(4).parallel_map([](int x) { return x; }, 2).buffer(4);
  behind.sink([&](int) { ++always; });
  graph.start();
  std::thread sender([&] {
    for (int i = 0; i < 3000; ++i) source.emit(i);
  });
  std::uint64_t sometimes = 0;
  auto& counted = graph.make<Sink<int, std::function<void(int)>>>("counted", [&](int) { ++sometimes; });
  for (int i = 0; i < 50; ++i) {
    graph.connect(behind.out(), counted.in());
    graph.disconnect(behind.out(), counted.in());
  }
  sender.join();
  graph.stop();
  EXPECT_EQ(always, 3000U);
  EXPECT_EQ(sometimes, counted.received());
  EXPECT_EQ(graph.errors().total(), 0U);
}

TEST(Stop, lets_a_producer_go_that_waits_for_time_to_pass) {
  VirtualClock clock;
  Graph graph(&clock);
  std::vector<int> seen;
  const auto numbers = from_iterable(graph, std::vector<int>(100, 7), {.window = 0});
  numbers.rate_limit(std::chrono::seconds(1)).sink([&](int x) { seen.push_back(x); });
  graph.start();
  const Node& limit = *graph.find("rate_limit");
  testing::Changes changes;
  EXPECT_TRUE(changes.wait([&] { return limit.queue().size == limit.queue().capacity; }));
  graph.stop();
  EXPECT_EQ(seen.size(), limit.received()) << "what was taken in leaves at once";
}

struct Failing {
  Graph graph;
  Source<int>& source = graph.make<Source<int>>("source");
  int calls = 0;
  std::vector<bool> good;
  Failing() {
    source.on_acknowledge([this](const Acknowledgement& done) { good.push_back(done.good); });
  }
  /// Fails on odd numbers as long as it was called fewer than `until` times.
  auto failing(int until) {
    return [this, until](int x) {
      if (++calls < until && x % 2 == 1) throw std::runtime_error("odd");
      return x;
    };
  }
};

TEST(Retry, calls_again_until_it_works) {
  Failing f;
  std::vector<int> seen;
  f.source.stream().map(f.failing(3)).retry<int>(5).sink([&](int x) { seen.push_back(x); });
  f.graph.start();
  f.source.emit(1);
  EXPECT_EQ(seen, std::vector<int>{1});
  EXPECT_EQ(f.calls, 3);
  EXPECT_EQ(f.graph.errors().total(), 0U);
}

TEST(Retry, reports_when_all_tries_are_used) {
  Failing f;
  f.source.stream().map(f.failing(100)).retry<int>(2).sink([](int) {});
  f.graph.start();
  f.source.emit(1);
  EXPECT_EQ(f.calls, 3);
  EXPECT_EQ(testing::errors_of(f.graph), "map: odd\n");
  EXPECT_EQ(f.good, std::vector<bool>{false});
}

TEST(DeadLetters, take_elements_over_that_failed) {
  Failing f;
  std::vector<std::string> dead;
  const auto mapped = f.source.stream().map(f.failing(100));
  mapped.sink([](int) {});
  mapped.dead_letters<int>().sink([&](const Failed<int>& letter) {
    dead.push_back(fmt::format("{} {} {}", letter.node, letter.element, letter.message));
  });
  f.graph.start();
  for (int i = 0; i < 3; ++i) f.source.emit(i);
  EXPECT_EQ(dead, std::vector<std::string>{"map 1 odd"});
  EXPECT_EQ(f.graph.errors().total(), 1U) << "they are reported all the same";
  EXPECT_EQ(f.good, (std::vector<bool>{true, true, true})) << "somebody took care of it";
}

TEST(DeadLetters, need_an_operator_that_takes_the_type) {
  Failing f;
  EXPECT_EQ(
      message_of([&] { std::ignore = f.source.stream().map(f.failing(1)).dead_letters<std::string>(); }).substr(0, 29),
      "map: has no input that takes ");
}

TEST(Live, a_node_that_throws_at_a_change_reports_it_and_goes_on) {
  Live f;
  f.scale.refuses = true;
  f.graph.change("scale", "factor", Value(2));
  f.source.emit(3);
  EXPECT_EQ(f.seen, "6 ");
  EXPECT_EQ(testing::errors_of(f.graph), "scale: refused\n");
}

TEST(Retry, tries_again_in_worker_threads) {
  Failing f;
  std::vector<int> seen;
  f.source.stream().parallel_map(f.failing(2), 1).retry<int>(2).sink([&](int x) { seen.push_back(x); });
  f.graph.start();
  f.source.emit(1);
  f.graph.stop();
  EXPECT_EQ(seen, std::vector<int>{1});
  EXPECT_EQ(f.graph.errors().total(), 0U);
}

TEST(DeadLetters, take_elements_over_that_failed_in_worker_threads) {
  Failing f;
  std::vector<int> dead;
  const auto mapped = f.source.stream().parallel_map(f.failing(100), 1);
  mapped.sink([](int) {});
  mapped.dead_letters<int>().sink([&](const Failed<int>& letter) { dead.push_back(letter.element); });
  f.graph.start();
  for (int i = 0; i < 3; ++i) f.source.emit(i);
  f.graph.stop();
  EXPECT_EQ(dead, std::vector<int>{1});
  EXPECT_EQ(f.good, (std::vector<bool>{true, true, true})) << "somebody took care of it";
}

TEST(Edit, over_which_a_run_will_come_whose_start_is_still_in_a_queue_brings_its_stop_too) {
  VirtualClock clock;
  Graph graph(&clock);
  auto& source = graph.make<Source<int>>("source");
  auto& other = graph.make<Source<int>>("other");
  auto& gone = graph.make<Probe<int>>("gone");
  auto& late = graph.make<Probe<int>>("late");
  const auto slow = source.stream().delay(std::chrono::seconds(1)).map([](int x) { return x; });
  graph.connect(slow.out(), *gone.inputs().front());
  graph.connect(other.out(), *late.inputs().front());
  graph.start();
  const RunPtr run = graph.begin_run("r", {&source});
  source.emit(7, run, 0);
  const RunPtr next = graph.begin_run("q", {&source});  // its start waits behind the element
  graph.connect(slow.out(), *late.inputs().front());
  graph.disconnect(slow.out(), *gone.inputs().front());
  clock.advance(std::chrono::seconds(2));
  graph.end_run(next);
  graph.end_run(run);
  clock.advance(std::chrono::seconds(2));
  EXPECT_EQ(late.log(), "[r 0 [q ]q success ]r success");
  EXPECT_EQ(gone.log(), "");
}

}  // namespace
}  // namespace annulus
