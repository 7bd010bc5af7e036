// SPDX-License-Identifier: BSD-3-Clause
#include "service/daemon/status_report.hpp"

#include <gtest/gtest.h>

#include "operators/stream/stream.hpp"
#include "service/io/nexus/nexus_sink.hpp"
#include "service/io/zmq/bluesky_source.hpp"
#include "tests/probe.hpp"
#include "tests/scratch.hpp"
#include "tests/service/io/runs/fed_source.hpp"
#include "tests/service/io/runs/test_run.hpp"

namespace annulus {
namespace {

using namespace testing;

/// Frame 13 cannot be reduced.
Pattern pattern_of(const Frame& frame) {
  static const auto axis = std::make_shared<const RadialAxis>(RadialAxis::uniform(RadialUnit::q_nm, 0, 1, 1));
  if (frame.number == 13) throw std::runtime_error("no luck");
  Pattern pattern;
  pattern.number = frame.number;
  pattern.axis = axis;
  for (auto* column : {&pattern.intensity, &pattern.signal, &pattern.normalization, &pattern.count}) *column = {1};
  return pattern;
}

struct Pipeline {
  Scratch scratch;
  VirtualClock clock;
  Graph graph{&clock};
  FedSource& source = graph.make<FedSource>("source");
  NexusSink& sink = graph.make<NexusSink>("sink", "");
  StatusReport report{"bench", graph};

  Pipeline() {
    clock.advance(std::chrono::seconds(1000));
    auto patterns = Stream<Frame>(graph, *static_cast<Out<Frame>*>(source.outputs().front())).map(pattern_of, "reduce");
    graph.connect(patterns.out(), *sink.inputs().front());
    set(sink, {{"directory", scratch.path().string()}, {"name", "{uid}.nxs"}});
    graph.start();
    report.set_state(ServiceState::idle);
  }
  void feed(std::initializer_list<Document> documents) {
    for (const Document& document : documents) source.feed(document);
  }
};

TEST(StatusReport, is_idle_before_the_first_run) {
  Pipeline p;
  const Status status = p.report.status();
  EXPECT_EQ(status.state, ServiceState::idle);
  EXPECT_FALSE(status.run);
  EXPECT_EQ(status.runs, 0U);
  EXPECT_EQ(status.rate_hz, 0);
  ASSERT_EQ(status.nodes.size(), 3U);
  EXPECT_EQ(status.nodes[0].name, "source");
}

TEST(StatusReport, follows_a_run) {
  Pipeline p;
  TestRun a("a", {{"scan_id", 9}, {"title", "ceria"}});
  p.feed({a.start(), a.descriptor(), a.event(11), a.event(12), a.event(13), a.event(15)});
  Status status = p.report.status();
  EXPECT_EQ(status.state, ServiceState::running);
  ASSERT_TRUE(status.run);
  EXPECT_EQ(status.run->uid, "a");
  EXPECT_EQ(status.run->scan_id, "9");
  EXPECT_EQ(status.run->title, "ceria");
  EXPECT_EQ(status.run->started, 1000);
  EXPECT_EQ(status.run->frames.received, 4U);
  EXPECT_EQ(status.run->frames.reduced, 3U);
  EXPECT_EQ(status.run->frames.failed, 1U);
  EXPECT_EQ(status.run->frames.lost, 12U);
  EXPECT_EQ(status.run->frames.written, 0U);
  EXPECT_EQ(status.file, (p.scratch / "a.nxs").string());
  p.feed({a.stop("abort")});
  status = p.report.status();
  EXPECT_EQ(status.state, ServiceState::idle);
  EXPECT_EQ(status.run->outcome, "abort");
  EXPECT_EQ(status.run->frames.written, 16U) << "every frame has a row, also those without a result";
}

TEST(StatusReport, adds_up_all_runs_and_shows_the_newest) {
  Pipeline p;
  TestRun a("a");
  TestRun b("b");
  p.feed({a.start(), a.descriptor(), a.event(0), a.event(1), a.stop()});
  p.clock.advance(std::chrono::seconds(1));
  p.feed({b.start(), b.descriptor(), b.event(0)});
  const Status status = p.report.status();
  EXPECT_EQ(status.runs, 2U);
  EXPECT_EQ(status.totals.received, 3U);
  EXPECT_EQ(status.run->uid, "b");
  EXPECT_EQ(status.run->frames.received, 1U);
  EXPECT_EQ(status.run->frames.written, 0U);
  EXPECT_EQ(status.totals.written, 2U);
}

TEST(StatusReport, gives_the_rate_of_the_last_seconds) {
  Pipeline p;
  TestRun a("a");
  p.feed({a.start(), a.descriptor()});
  for (std::uint64_t k = 0; k < 10; ++k) {
    p.report.sample();
    p.feed({a.event(k)});
    p.clock.advance(std::chrono::milliseconds(500));
  }
  p.report.sample();
  const Status status = p.report.status();
  EXPECT_DOUBLE_EQ(status.rate_hz, 2);
  EXPECT_DOUBLE_EQ(status.nodes[0].out_hz, 2) << "source";
  EXPECT_DOUBLE_EQ(status.nodes[0].in_hz, 0);
  EXPECT_DOUBLE_EQ(status.nodes[1].in_hz, 2) << "sink";
  for (int i = 0; i < 10; ++i) {
    p.clock.advance(std::chrono::seconds(1));
    p.report.sample();
  }
  EXPECT_EQ(p.report.status().rate_hz, 0);
}

TEST(StatusReport, counts_a_frame_once_that_becomes_a_pattern_and_a_cake) {
  VirtualClock clock;
  Graph graph(&clock);
  auto& frames = graph.make<Source<Frame>>("frames");
  auto ignore = [](const auto&) {};
  frames.stream().map([](const Frame&) { return Cake{}; }, "cake").sink(ignore);
  frames.stream()
      .filter([](const Frame& frame) { return frame.number < 2; })
      .map([](const Frame&) { return Pattern{}; }, "pattern")
      .sink(ignore);
  StatusReport report("bench", graph);
  graph.start();
  report.sample();
  for (std::uint64_t number = 0; number < 6; ++number) frames.emit({number, 0, {}, nullptr});
  clock.advance(std::chrono::seconds(2));
  report.sample();
  EXPECT_DOUBLE_EQ(report.status().rate_hz, 3);
  graph.stop();
}

TEST(StatusReport, tells_the_edges_with_their_queues) {
  Graph graph;
  Stream<int> numbers = graph.make<Source<int>>("numbers").stream();
  numbers.map([](int x) { return x + 0.5; }, "half").sink([](double) {}, "log");
  numbers.buffer(8, Overflow::drop_oldest, "queue").sink([](int) {}, "screen");
  const Status status = StatusReport("bench", graph).status();
  ASSERT_EQ(status.edges.size(), 3U);
  const EdgeStatus& direct = status.edges[0];
  EXPECT_EQ(direct.from + "." + direct.from_port + " " + direct.to + "." + direct.to_port, "numbers.out half.in");
  EXPECT_EQ(direct.payload, "int");
  EXPECT_TRUE(direct.queues.empty());
  const EdgeStatus& queued = status.edges[1];
  EXPECT_EQ(queued.from + " " + queued.to, "numbers screen");
  ASSERT_EQ(queued.queues.size(), 1U);
  EXPECT_EQ(queued.queues[0].node, "queue");
  EXPECT_EQ(queued.queues[0].overflow, "drop_oldest");
  EXPECT_EQ(queued.queues[0].capacity, 8U);
  EXPECT_EQ(status.edges[2].payload, "double");
}

TEST(StatusReport, keeps_the_newest_errors) {
  Pipeline p;
  for (int i = 0; i < 30; ++i) p.source.report_trouble("message " + std::to_string(i));
  const Status status = p.report.status();
  ASSERT_EQ(status.errors.size(), 20U);
  EXPECT_EQ(status.errors.back().message, "message 29");
  EXPECT_EQ(status.nodes[0].errors, 30U);
}

TEST(StatusReport, has_failed_when_the_graph_was_aborted) {
  Pipeline p;
  p.graph.find("reduce")->set_error_policy(ErrorPolicy::abort);
  TestRun a("a");
  p.feed({a.start(), a.descriptor(), a.event(13)});
  const Status status = p.report.status();
  EXPECT_EQ(status.state, ServiceState::failed);
  EXPECT_EQ(status.problem, "reduce: no luck");
}

TEST(StatusReport, counts_the_messages_of_a_source) {
  Graph graph;
  auto& source = graph.make<BlueskySource>("zmq");
  set(source, {{"bind", "tcp://127.0.0.1:*"}});
  graph.start();
  const StatusReport report("bench", graph);
  const Status status = report.status();
  ASSERT_EQ(status.sources.size(), 1U);
  EXPECT_EQ(status.sources[0].name, "zmq");
  EXPECT_EQ(status.sources[0].refused.at("pickle"), 0U);
  EXPECT_EQ(status.sources[0].refused.at("other_prefix"), 0U);
}

}  // namespace
}  // namespace annulus
