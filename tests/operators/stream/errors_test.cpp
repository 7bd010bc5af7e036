// SPDX-License-Identifier: BSD-3-Clause
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "operators/stream/sources.hpp"
#include "operators/stream/stream.hpp"
#include "tests/probe.hpp"

namespace annulus {
namespace {

using testing::errors_of;
using testing::message_of;
using testing::Probe;

/// Throws wherever it is told to.
class Thrower final : public Timed<Stage<int, int>> {
 public:
  explicit Thrower(std::string where) : Timed<Stage<int, int>>("thrower", "thrower"), where_(std::move(where)) {}

 private:
  void may_throw(const std::string& place) const {
    if (place == where_) throw std::runtime_error("in " + place);
  }
  void init() override { may_throw("init"); }
  void start() override {
    Timed<Stage<int, int>>::start();
    may_throw("start");
  }
  void close() override { may_throw("close"); }
  void run_started(const Run&, const Context&) override {
    may_throw("run_started");
    set_timer(now());
  }
  void run_stopped(const Run&, const Context&) override { may_throw("run_stopped"); }
  void on_time() override { may_throw("on_time"); }
  void gap(const Signal& signal, const Context& context) override {
    may_throw("gap");
    send_signal(signal, context);
  }
  void on_element(int&& x, const Context& context) override {
    if (where_ == "element, no exception class") throw 42;
    may_throw("element");
    out_.emit(x, context);
  }
  [[nodiscard]] bool wants_gaps() const override { return true; }
  std::string where_;
};

/// A thrower between two branches that must not notice, with a run of an element, a gap and an element.
struct Branches {
  explicit Branches(const std::string& where)
      : thrower(graph.make<Thrower>(where)),
        before(graph.make<Probe<int>>("before")),
        after(graph.make<Probe<int>>("after")) {
    graph.connect(source.out(), *before.inputs().front());
    graph.connect(source.out(), thrower.in());
    Stream<int>(graph, thrower.out()).buffer(2).map([](int x) { return x; }).sink([](int) {});
    graph.connect(source.out(), *after.inputs().front());
  }
  void play() {
    graph.start();
    const RunPtr run = graph.begin_run("r");
    clock.advance(std::chrono::seconds(1));
    source.emit(0, run, 0);
    source.announce_gap(run, 1, 1, FrameState::lost, "");
    source.emit(2, run, 2);
    graph.end_run(run);
    graph.stop();
  }
  VirtualClock clock;
  Graph graph{&clock};
  Source<int>& source = graph.make<Source<int>>("source");
  Thrower& thrower;
  Probe<int>& before;
  Probe<int>& after;
};

class Exceptions : public ::testing::TestWithParam<const char*> {};

TEST_P(Exceptions, stay_where_they_are_thrown) {
  Branches branches(GetParam());
  branches.play();
  EXPECT_EQ(branches.before.log(), "[r 0 gap 1-1 lost 2 ]r success");
  EXPECT_EQ(branches.after.log(), "[r 0 gap 1-1 lost 2 ]r success");
  EXPECT_NE(errors_of(branches.graph).find("thrower: "), std::string::npos) << "and are reported";
  EXPECT_EQ(branches.source.unacknowledged(), 0U);
}

INSTANTIATE_TEST_SUITE_P(places, Exceptions,
                         ::testing::Values("element", "element, no exception class", "run_started", "run_stopped",
                                           "gap", "on_time", "close"));

TEST(Exceptions, before_the_start_refuse_it) {
  for (const char* where : {"init", "start"}) {
    Branches branches(where);
    EXPECT_EQ(message_of([&] { branches.graph.start(); }), std::string("in ") + where);
    EXPECT_EQ(branches.before.log(), "");
  }
}

TEST(ErrorReports, are_elements) {
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  source.stream().map([](int x) { return x > 1 ? throw std::runtime_error("too large") : x; }).sink([](int) {});
  auto& probe = graph.make<Probe<ErrorReport>>();
  graph.connect(error_reports(graph).out(), *probe.inputs().front());
  graph.start();
  for (int i = 0; i < 4; ++i) source.emit(i);
  ASSERT_TRUE(probe.has(2));
  EXPECT_EQ(probe.elements()[0].node + ": " + probe.elements()[0].message, "map: too large");
  EXPECT_EQ(probe.elements()[1].position, 3U);
}

TEST(ErrorReports, of_those_who_listen_to_errors_go_no_further) {
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  source.stream().sink([](int) { throw std::runtime_error("first"); });
  const auto reports = error_reports(graph);
  reports.sink([](const ErrorReport&) { throw std::runtime_error("second"); }, "listener");
  auto& probe = graph.make<Probe<ErrorReport>>();
  graph.connect(reports.out(), *probe.inputs().front());
  graph.start();
  source.emit(1);
  ASSERT_TRUE(probe.has(1));
  graph.stop();
  EXPECT_EQ(probe.elements().size(), 1U);
  EXPECT_EQ(errors_of(graph), "sink: first\nlistener: second\n");
}

}  // namespace
}  // namespace annulus
