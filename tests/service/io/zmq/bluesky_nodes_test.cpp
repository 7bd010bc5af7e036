// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "operators/data/error.hpp"

#include "operators/stream/stream.hpp"
#include "service/io/zmq/bluesky_publisher.hpp"
#include "service/io/zmq/bluesky_source.hpp"
#include "tests/probe.hpp"
#include "tests/service/io/runs/test_run.hpp"
#include "tests/service/io/zmq/raw_publisher.hpp"

namespace annulus {
namespace {

using namespace testing;

std::string pickled(const Document& document, std::string_view prefix = "") {
  return bluesky::encode_message(document, prefix, bluesky::Serializer::pickle);
}

/// "pickle 2 other_prefix 1 ": what was refused, by kind.
std::string refused_by(const BlueskySource& source) {
  std::string text;
  for (const auto& [kind, count] : source.traffic().refused) {
    if (count > 0) text += fmt::format("{} {} ", kind, count);
  }
  return text;
}

/// A source with a beamline before it.
struct Reception {
  RawPublisher beamline;
  Graph graph;
  BlueskySource& source = graph.make<BlueskySource>("source");
  Probe<Frame>& probe = graph.make<Probe<Frame>>();

  explicit Reception(const std::string& prefix = "") {
    set(source, {{"connect", beamline.endpoint()}, {"prefix", prefix}});
    chain(graph, source, probe);
    graph.start();
    EXPECT_TRUE(beamline.has_subscriber());
  }
  void send(std::initializer_list<Document> documents, std::string_view prefix = "") {
    for (const Document& document : documents) beamline.send({pickled(document, prefix)});
  }
};

TEST(BlueskySource, receives_runs) {
  Reception r;
  TestRun a("a");
  r.send({a.start(), a.descriptor(), a.event(0), a.event(1), a.stop()});
  EXPECT_TRUE(r.probe.sees("]a"));
  r.graph.stop();
  EXPECT_EQ(r.probe.log(), "[a 0 1 ]a success");
  EXPECT_EQ(r.probe.elements()[1].pixels.to_vector<int>(), small_frame(1).pixels.to_vector<int>());
  EXPECT_EQ(r.source.traffic().messages, 5U);
  EXPECT_GT(r.source.traffic().bytes, 2 * small_frame(0).pixels.bytes().size());
  EXPECT_EQ(refused_by(r.source), "");
  EXPECT_EQ(errors_of(r.graph), "");
}

TEST(BlueskySource, a_run_goes_on_through_garbage) {
  Reception r;
  TestRun a("a");
  r.send({a.start(), a.descriptor()});
  r.beamline.send({""});
  r.beamline.send({"garbage"});
  r.beamline.send({"event \x80\x04garbage"});
  r.beamline.send({std::string(100, '\xff')});
  r.send({a.event(0)});
  std::string cut = pickled(a.event(1));
  cut.resize(cut.size() / 2);
  r.beamline.send({cut});
  r.send({a.event(2), a.stop()});
  EXPECT_TRUE(r.probe.sees("]a"));
  r.graph.stop();
  EXPECT_EQ(r.probe.log(), "[a 0 gap 1-1 lost 2 ]a success") << "the cut event is missed when the next one comes";
  std::uint64_t refused = 0;
  for (const auto& [kind, count] : r.source.traffic().refused) refused += count;
  EXPECT_EQ(refused, 5U) << refused_by(r.source);
  EXPECT_EQ(r.source.traffic().messages, 10U);
  EXPECT_NE(errors_of(r.graph).find("source: message of 7 bytes refused"), std::string::npos) << errors_of(r.graph);
  EXPECT_NE(errors_of(r.graph).find("it begins 67 61 72 62"), std::string::npos) << errors_of(r.graph);
}

TEST(BlueskySource, ignores_documents_with_another_prefix) {
  Reception r("mine");
  TestRun other("other");
  TestRun a("a");
  r.send({other.start(), other.descriptor(), other.event(0)}, "theirs");
  r.send({a.start(), a.descriptor(), a.event(0), a.stop()}, "mine");
  EXPECT_TRUE(r.probe.sees("]a"));
  r.graph.stop();
  EXPECT_EQ(r.probe.log(), "[a 0 ]a success");
  EXPECT_EQ(refused_by(r.source), "other_prefix 3 ");
  EXPECT_EQ(errors_of(r.graph), "");
}

TEST(BlueskySource, takes_the_first_part_of_a_multipart_message) {
  Reception r;
  TestRun a("a");
  r.send({a.start(), a.descriptor()});
  r.beamline.send({pickled(a.event(0)), "stray", "parts"});
  r.send({a.event(1), a.stop()});
  EXPECT_TRUE(r.probe.sees("]a"));
  r.graph.stop();
  EXPECT_EQ(r.probe.log(), "[a 0 1 ]a success");
}

TEST(BlueskySource, aborts_the_open_run_when_the_graph_stops) {
  Reception r;
  TestRun a("a");
  r.send({a.start(), a.descriptor(), a.event(0)});
  EXPECT_TRUE(r.probe.has(1));
  r.graph.stop();
  EXPECT_EQ(r.probe.log(), "[a 0 ]a abort");
  EXPECT_EQ(r.source.progress().newest().outcome, "abort");
  EXPECT_EQ(r.source.unacknowledged(), 0U);
}

TEST(BlueskySource, refuses_to_start_on_a_port_that_is_taken) {
  const InSocket first(InSocket::Kind::sub, {Attach::bind, "tcp://127.0.0.1:*", 10});
  Graph graph;
  auto& source = graph.make<BlueskySource>("source");
  set(source, {{"bind", first.endpoint()}});
  EXPECT_NE(message_of([&] { graph.start(); }).find("another program has it"), std::string::npos);
}

TEST(BlueskySource, checks_its_parameters) {
  Graph graph;
  auto& source = graph.make<BlueskySource>("source");
  EXPECT_NE(problems_of(source).find("either 'connect' or 'bind'"), std::string::npos);
  set(source, {{"connect", "tcp://127.0.0.1:5568"}});
  EXPECT_EQ(problems_of(source), "");
  set(source, {{"connect", "5568"}, {"bind", "tcp://"}, {"prefix", "a b"}});
  const std::string text = problems_of(source);
  EXPECT_EQ(std::ranges::count(text, '\n'), 4) << text;
}

Pattern pattern_of(const Frame& frame) {
  static const auto axis = std::make_shared<const RadialAxis>(RadialAxis::uniform(RadialUnit::q_nm, 0, 2, 2));
  const auto mean = frame.pixels.to_vector<double>().front();
  return {.number = frame.number,
          .time = frame.time,
          .axis = axis,
          .intensity = {mean, 2 * mean},
          .sigma = {},
          .signal = {mean, 2 * mean},
          .variance = {},
          .normalization = {1, 1},
          .count = {1, 1},
          .readings = nullptr,
          .reduction = nullptr};
}

/// From a beamline through a graph to a subscriber.
struct Service {
  RawPublisher beamline;
  InSocket subscriber{InSocket::Kind::sub, {Attach::bind, "tcp://127.0.0.1:*", 1000}};
  Graph graph;
  BlueskySource& source = graph.make<BlueskySource>("source");
  BlueskyPublisher& publisher = graph.make<BlueskyPublisher>("publisher");

  explicit Service(const char* serializer = "pickle") {
    set(source, {{"connect", beamline.endpoint()}});
    set(publisher, {{"connect", subscriber.endpoint()}, {"prefix", "reduced"}, {"serializer", serializer}});
    auto patterns = Stream<Frame>(graph, *static_cast<Out<Frame>*>(source.outputs().front())).map(pattern_of);
    graph.connect(patterns.out(), *publisher.inputs().front());
    graph.start();
    EXPECT_TRUE(beamline.has_subscriber());
    meet();
  }
  void send(const Document& document) { beamline.send({pickled(document)}); }
  std::optional<Document> receive(std::chrono::milliseconds wait) {
    const auto parts = subscriber.receive(wait);
    if (!parts) return std::nullopt;
    auto received =
        bluesky::decode_message(parts->front().bytes, parts->front().owner, "reduced", bluesky::Serializer::sniff);
    EXPECT_TRUE(received) << to_string(received.error());
    return std::get<Document>(*received);
  }
  /// What is published before the subscription has arrived reaches nobody: empty runs go through until one is seen.
  void meet() {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (int i = 0; std::chrono::steady_clock::now() < deadline; ++i) {
      TestRun run("meeting " + std::to_string(i));
      for (const Document& document : {run.start(), run.descriptor(), run.stop()}) send(document);
      if (receive(std::chrono::milliseconds(20))) return;
    }
    FAIL() << "the publisher and the subscriber never met";
  }
  /// The documents of the run that was derived from `uid`.
  std::vector<Document> derived_from(const std::string& uid) {
    std::vector<Document> documents;
    while (auto document = receive(patience)) {
      if (document->name == "start") documents.clear();
      documents.push_back(*document);
      if (document->name == "stop" && text_at(documents.front().content, "original_run_uid") == uid) return documents;
    }
    return {};
  }
};

TEST(BlueskyPublisher, publishes_a_derived_run) {
  for (const char* serializer : {"pickle", "msgpack", "json"}) {
    Service s(serializer);
    TestRun a("a", {{"sample_name", "ceria"}});
    for (const Document& document : {a.start(), a.descriptor(), a.event(0), a.event(1), a.stop()}) s.send(document);
    const auto documents = s.derived_from("a");
    ASSERT_EQ(documents.size(), 5U) << serializer;
    EXPECT_EQ(text_at(documents[0].content, "sample_name"), "ceria");
    EXPECT_EQ(text_at(documents[0].content, "analysis_stage"), "integrated");
    EXPECT_NE(text_at(documents[0].content, "uid"), "a");
    EXPECT_EQ(documents[1].name, "descriptor");
    EXPECT_EQ(integer_at(*dict_at(documents[3].content, "data"), "frame_number", -1), 1);
    EXPECT_EQ(text_at(documents[4].content, "exit_status"), "success");
    s.graph.stop();
    EXPECT_EQ(s.publisher.progress().newest().published, 2U);
    EXPECT_EQ(errors_of(s.graph), "");
  }
}

TEST(BlueskyPublisher, tells_its_subscribers_of_a_run_that_the_stop_cut_short) {
  Service s;
  TestRun a("a");
  for (const Document& document : {a.start(), a.descriptor(), a.event(0)}) s.send(document);
  std::string name;
  while (name != "event") {
    const auto document = s.receive(patience);
    ASSERT_TRUE(document);
    name = document->name;
  }
  s.graph.stop();
  const auto stop = s.receive(patience);
  ASSERT_TRUE(stop);
  EXPECT_EQ(stop->name, "stop");
  EXPECT_EQ(text_at(stop->content, "exit_status"), "abort");
  EXPECT_EQ(text_at(stop->content, "reason"), "the service was stopped during the run");
}

TEST(BlueskyPublisher, checks_its_parameters) {
  Graph graph;
  auto& publisher = graph.make<BlueskyPublisher>("publisher");
  EXPECT_NE(problems_of(publisher).find("either 'bind'"), std::string::npos);
  set(publisher, {{"bind", "tcp://127.0.0.1:*"}});
  EXPECT_EQ(problems_of(publisher), "");
  set(publisher, {{"connect", "nowhere"}, {"prefix", "a b"}, {"serializer", "auto"}});
  const std::string text = problems_of(publisher);
  EXPECT_EQ(std::ranges::count(text, '\n'), 4) << text;
}

}  // namespace
}  // namespace annulus
