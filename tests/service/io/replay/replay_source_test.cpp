// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/replay/replay_source.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "detectors/bluesky/document_file.hpp"
#include "service/io/replay/recording.hpp"
#include "tests/bench.hpp"
#include "tests/probe.hpp"
#include "tests/scratch.hpp"

namespace annulus {
namespace {

using namespace testing;

struct Pipeline {
  Scratch scratch;
  Graph graph;
  ReplaySource& source = graph.make<ReplaySource>("source");
  Probe<Frame>& probe = graph.make<Probe<Frame>>();
  std::string file = (scratch / "run.jsonl").string();

  Pipeline() {
    set(source, {{"file", file}});
    chain(graph, source, probe);
  }
  /// Records a run named "a", without its last `cut` documents.
  void record(std::uint64_t frames, std::size_t cut = 0) {
    const auto recording = record_frames(frames, [](std::uint64_t k) { return small_frame(k); }, "pixels", {});
    std::vector<Document> documents;
    for (auto document = recording->next(); *document; document = recording->next()) documents.push_back(**document);
    documents.resize(documents.size() - cut);
    bluesky::DocumentWriter writer(file);
    for (Document& document : documents) {
      if (document.name == "start") document.content.set("uid", "a");
      if (document.content.contains("run_start")) document.content.set("run_start", "a");
      writer.write(document);
    }
  }
};

TEST(ReplaySource, plays_recorded_documents_into_the_graph) {
  Pipeline p;
  p.record(3);
  EXPECT_EQ(problems_of(p.source), "");
  p.graph.start();
  EXPECT_TRUE(p.probe.sees("]a")) << errors_of(p.graph);
  p.graph.stop();
  EXPECT_TRUE(p.source.finished());
  EXPECT_EQ(p.probe.log(), "[a 0 1 2 ]a success");
  EXPECT_EQ(p.probe.elements()[2].pixels.to_vector<int>(), small_frame(2).pixels.to_vector<int>());
  EXPECT_EQ(errors_of(p.graph), "");
}

TEST(ReplaySource, aborts_a_run_whose_recording_ends_without_a_stop) {
  Pipeline p;
  p.record(3, 1);
  p.graph.start();
  EXPECT_TRUE(p.probe.sees("]a")) << errors_of(p.graph);
  p.graph.stop();
  EXPECT_EQ(p.probe.log(), "[a 0 1 2 ]a abort");
}

TEST(ReplaySource, reports_a_broken_document_and_plays_the_rest) {
  Pipeline p;
  p.record(2);
  std::string text;
  {
    std::ifstream in(p.file);
    for (std::string line; std::getline(in, line);) text += line + "\n" + (text.empty() ? "[\"event\", {]}\n" : "");
  }
  std::ofstream(p.file) << text;
  p.graph.start();
  EXPECT_TRUE(p.probe.sees("]a")) << errors_of(p.graph);
  p.graph.stop();
  EXPECT_EQ(p.probe.log(), "[a 0 1 ]a success");
  EXPECT_EQ(p.graph.errors().total(), 1U);
  EXPECT_NE(errors_of(p.graph).find("refused: json: text is not JSON"), std::string::npos) << errors_of(p.graph);
}

TEST(ReplaySource, a_file_that_vanishes_after_the_check_is_reported_and_ends_the_replay) {
  Pipeline p;
  p.record(1);
  EXPECT_EQ(problems_of(p.source), "");
  std::filesystem::remove(p.file);
  EXPECT_NE(problems_of(p.source).find("run.jsonl"), std::string::npos);
  Changes changes;
  bool reported = false;
  p.graph.errors().listen([&](const ErrorReport&) { changes.make([&] { reported = true; }); });
  p.graph.start();
  EXPECT_TRUE(changes.wait([&] { return reported; }));
  p.graph.stop();
  EXPECT_TRUE(p.source.finished());
  EXPECT_EQ(p.probe.log(), "");
}

TEST(ReplaySource, stops_in_the_middle_of_a_recording) {
  Pipeline p;
  p.record(2000);
  set(p.source, {{"window", 1}});
  p.graph.start();
  EXPECT_TRUE(p.probe.has(5));
  p.graph.stop();
  EXPECT_TRUE(p.probe.log().ends_with("]a abort") || p.probe.elements().size() == 2000) << p.probe.log();
  EXPECT_EQ(p.source.unacknowledged(), 0U);
}

}  // namespace
}  // namespace annulus
