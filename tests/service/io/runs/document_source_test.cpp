// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/runs/document_source.hpp"

#include <future>

#include <gtest/gtest.h>

#include "detectors/files/tiff.hpp"
#include "operators/stream/stream.hpp"
#include "tests/bench.hpp"
#include "tests/probe.hpp"
#include "tests/scratch.hpp"
#include "tests/service/io/runs/fed_source.hpp"
#include "tests/service/io/runs/test_run.hpp"

namespace annulus {
namespace {

using namespace testing;

struct Pipeline {
  VirtualClock clock;
  Graph graph{&clock};
  FedSource& source = graph.make<FedSource>("source");
  Probe<Frame>& probe = graph.make<Probe<Frame>>();

  explicit Pipeline(std::initializer_list<std::pair<const char*, Value>> params = {}) {
    set(source, params);
    chain(graph, source, probe);
    clock.advance(std::chrono::seconds(50));
    graph.start();
  }
  void feed(std::initializer_list<Document> documents) {
    for (const Document& document : documents) source.feed(document);
  }
  [[nodiscard]] RunProgress newest() const { return source.progress().newest(); }
};

TEST(DocumentSource, turns_documents_into_a_run_of_frames) {
  Pipeline p;
  TestRun a("a", {{"scan_id", 7}, {"sample_name", "ceria"}});
  p.feed({a.start(), a.descriptor(), a.event(0), a.event(1)});
  EXPECT_EQ(p.newest().outcome, "");
  EXPECT_EQ(p.newest().received, 2U);
  EXPECT_EQ(p.newest().scan_id, "7");
  EXPECT_EQ(p.newest().title, "ceria");
  EXPECT_EQ(p.newest().started, 50);
  p.clock.advance(std::chrono::seconds(10));
  p.feed({a.stop()});
  EXPECT_EQ(p.probe.log(), "[a 0 1 ]a success");
  EXPECT_EQ(p.probe.elements()[1].pixels, small_frame(1).pixels);
  EXPECT_EQ(p.newest().outcome, "success");
  EXPECT_EQ(p.newest().stopped, 60);
  EXPECT_EQ(errors_of(p.graph), "");
}

TEST(DocumentSource, keeps_runs_apart_that_overlap) {
  Pipeline p;
  TestRun a("a");
  TestRun b("b");
  p.feed({a.start(), a.descriptor(), a.event(0), b.start(), b.descriptor(), a.event(1), b.event(0), a.event(2),
          a.stop("abort"), b.event(1), b.stop()});
  EXPECT_EQ(p.probe.log(), "[a 0 [b 1 0 2 ]a abort 1 ]b success");
  EXPECT_EQ(p.newest().uid, "b");
  EXPECT_EQ(p.newest().received, 2U);
  EXPECT_EQ(p.newest().outcome, "success");
  EXPECT_EQ(p.source.progress().all().runs, 2U);
  EXPECT_EQ(p.source.progress().all().received, 5U);
}

TEST(DocumentSource, announces_and_counts_lost_frames_where_they_should_have_been) {
  Pipeline p;
  TestRun a("a");
  p.feed({a.start(), a.descriptor(), a.event(0), a.event(3), a.event(5), a.stop()});
  EXPECT_EQ(p.probe.log(), "[a 0 gap 1-2 lost 3 gap 4-4 lost 5 ]a success");
  EXPECT_EQ(p.newest().of(FrameState::lost), 3U);
  EXPECT_EQ(p.newest().received, 3U);
  EXPECT_EQ(p.source.dropped(), 3U);
  EXPECT_EQ(errors_of(p.graph),
            "source: frames 1 to 2 lost (gap in the sequence numbers)\n"
            "source: frame 4 lost (gap in the sequence numbers)\n");
}

TEST(DocumentSource, a_frame_that_cannot_be_used_is_rejected_and_the_run_goes_on) {
  Pipeline p;
  TestRun a("a");
  Document bad = a.event(1);
  bad.content["data"].get_if<Dict>()->set("pixels", "not an image");
  p.feed({a.start(), a.descriptor(), a.event(0), bad, a.event(2), a.stop()});
  EXPECT_EQ(p.probe.log(), "[a 0 gap 1-1 rejected 2 ]a success");
  EXPECT_EQ(p.newest().of(FrameState::rejected), 1U);
  EXPECT_EQ(p.graph.errors().total(), 1U);
}

TEST(DocumentSource, reports_documents_that_do_not_fit_with_their_run) {
  Pipeline p;
  TestRun a("a");
  TestRun stranger("stranger");
  const Document event = a.event(0);
  p.feed({a.start(), a.descriptor(), a.start(), stranger.event(0), event, event, a.stop(), event});
  EXPECT_EQ(p.probe.log(), "[a 0 ]a success");
  const auto errors = p.graph.errors().recent();
  ASSERT_EQ(errors.size(), 4U) << errors_of(p.graph);
  EXPECT_EQ(errors[0].run, "a") << "a second start";
  EXPECT_EQ(errors[1].run, "") << "an unknown descriptor";
  EXPECT_EQ(errors[2].run, "a") << "the same event again";
  EXPECT_EQ(errors[3].run, "") << "an event after the stop";
}

TEST(DocumentSource, abandons_open_runs_as_aborted) {
  Pipeline p;
  TestRun a("a");
  TestRun b("b");
  p.feed({a.start(), a.descriptor(), b.start(), b.descriptor(), a.event(0)});
  p.source.abandon_runs("the cable was cut");
  EXPECT_EQ(p.probe.log(), "[a [b 0 ]a abort ]b abort");
  EXPECT_EQ(p.newest().outcome, "abort");
}

TEST(DocumentSource, reports_what_concerns_no_run) {
  Pipeline p;
  p.source.report_trouble("noise");
  EXPECT_EQ(errors_of(p.graph), "source: noise\n");
  EXPECT_EQ(p.source.errors(), 1U);
}

/// A run whose images are in the TIFF files `folder`/0.tif, 1.tif, ...
std::vector<Document> run_in_files(const std::string& uid, const std::string& folder, int frames) {
  const Dict key{{"dtype", "array"}, {"shape", List{6, 8}}, {"external", "STREAM:"}};
  return {{"start", {{"uid", uid}}},
          {"descriptor",
           {{"uid", uid + "/d"}, {"run_start", uid}, {"name", "primary"}, {"data_keys", Dict{{"pixels", key}}}}},
          {"stream_resource",
           {{"uid", uid + "/s"},
            {"data_key", "pixels"},
            {"mimetype", "multipart/related;type=image/tiff"},
            {"uri", "file://localhost" + folder + "/"},
            {"parameters", Dict{{"template", "{}.tif"}}}}},
          {"stream_datum",
           {{"descriptor", uid + "/d"},
            {"stream_resource", uid + "/s"},
            {"indices", Dict{{"start", 0}, {"stop", frames}}},
            {"seq_nums", Dict{{"start", 1}, {"stop", frames + 1}}}}},
          {"stop", {{"run_start", uid}, {"exit_status", "success"}}}};
}

TEST(DocumentSource, waits_for_files_without_holding_up_other_runs) {
  const Scratch scratch;
  Pipeline p({{"root_map", Dict{{"/ioc", scratch.path().string()}}}});
  for (const Document& document : run_in_files("a", "/ioc", 3)) p.source.feed(document);
  TestRun b("b");
  p.feed({b.start(), b.descriptor(), b.event(0), b.stop()});
  EXPECT_TRUE(p.probe.sees("[b 0 ]b success"));
  for (const std::uint64_t k : {0U, 2U}) {
    write_tiff(scratch / (std::to_string(k) + ".tif"), small_frame(k).pixels);
  }
  Changes nothing;
  ASSERT_TRUE(nothing.wait([&] {
    p.clock.advance(std::chrono::seconds(1));
    return p.source.progress().all().of(FrameState::lost) > 0;
  }));
  EXPECT_TRUE(p.probe.sees("0 gap 1-1 lost 2 ]a success"));
  EXPECT_NE(errors_of(p.graph).find("1.tif is not there"), std::string::npos) << errors_of(p.graph);
}

TEST(DocumentSource, gives_up_files_at_once_when_it_is_stopped) {
  Pipeline p;
  for (const Document& document : run_in_files("a", "/nowhere", 3)) p.source.feed(document);
  p.graph.stop();
  EXPECT_EQ(p.probe.log(), "[a gap 0-2 lost ]a success");
}

TEST(DocumentSource, wants_absolute_folders) {
  FedSource source("source");
  set(source, {{"root_map", Dict{{"a", "/b"}, {"/c", "d"}}}, {"allow", List{"e"}}});
  EXPECT_NE(problems_of(source).find("root_map: 'a' is not absolute"), std::string::npos) << problems_of(source);
  EXPECT_NE(problems_of(source).find("root_map: './d' is not absolute"), std::string::npos);
  EXPECT_NE(problems_of(source).find("allow: 'e' is not absolute"), std::string::npos);
}

TEST(DocumentSource, frames_refused_after_the_run_has_failed_are_counted_as_dropped) {
  Graph graph;
  auto& source = graph.make<FedSource>("source");
  auto& probe = graph.make<Probe<Frame>>();
  chain(graph, source, probe);
  Stream<Frame>(graph, *static_cast<Out<Frame>*>(source.outputs().front()))
      .sink(
          [](const Frame& frame) {
            if (frame.number == 1) throw std::runtime_error("broken");
          },
          "fragile");
  graph.find("fragile")->set_error_policy(ErrorPolicy::fail_run);
  graph.start();
  TestRun a("a");
  TestRun b("b");
  for (const Document& document : {a.start(), a.descriptor(), a.event(0), a.event(1), a.event(2), a.event(3), a.stop(),
                                   b.start(), b.descriptor(), b.event(0), b.stop()}) {
    source.feed(document);
  }
  EXPECT_EQ(probe.log(), "[a 0 1 gap 2-2 dropped gap 3-3 dropped ]a fail [b 0 ]b success");
  EXPECT_EQ(source.progress().all().of(FrameState::dropped), 2U);
  EXPECT_EQ(source.dropped(), 2U);
}

TEST(DocumentSource, waits_while_the_window_is_full_and_is_released_by_the_stop) {
  Graph graph;
  auto& source = graph.make<FedSource>("source");
  set(source, {{"window", 1}});
  std::promise<void> arrived;
  std::promise<void> go_on;
  auto& buffer = graph.make<Buffer<Frame>>("buffer", 8, Overflow::block);
  chain(graph, source, buffer);
  Stream<Frame>(graph, buffer.out()).sink([&](const Frame&) {
    arrived.set_value();
    go_on.get_future().wait();
  });
  graph.start();
  TestRun a("a");
  for (const Document& document : {a.start(), a.descriptor(), a.event(0)}) source.feed(document);
  ASSERT_EQ(arrived.get_future().wait_for(patience), std::future_status::ready);
  EXPECT_EQ(source.in_flight(), 1U);
  auto feeding = std::async(std::launch::async, [&] { source.feed(a.event(1)); });
  auto stopping = std::async(std::launch::async, [&] { graph.stop(); });
  // The frame in the graph is still being worked on: only the stop can have released the source.
  ASSERT_EQ(feeding.wait_for(patience), std::future_status::ready);
  EXPECT_EQ(source.progress().all().of(FrameState::dropped), 1U);
  go_on.set_value();
  stopping.get();
  EXPECT_EQ(source.unacknowledged(), 0U);
}

}  // namespace
}  // namespace annulus
