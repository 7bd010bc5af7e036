// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/zmq/array_stream_source.hpp"

#include <gtest/gtest.h>

#include "tests/detectors/simplon/samples.hpp"
#include "tests/probe.hpp"
#include "tests/service/io/zmq/raw_pusher.hpp"

namespace annulus {
namespace {

using namespace testing;
using simplon::testing::counting;

array_stream::StreamedArray array_of(std::uint64_t frame, simplon::Packing packing = simplon::Packing::none) {
  array_stream::StreamedArray array;
  array.frame = frame;
  array.time = 1000;
  array.image = encode_array(counting({4, 6}, static_cast<std::uint32_t>(frame)), packing);
  return array;
}

/// A source that a plugin pushes to.
struct Reception {
  RawPusher plugin;
  VirtualClock clock;
  Graph graph{&clock};
  ArrayStreamSource& source = graph.make<ArrayStreamSource>("camera");
  Probe<Frame>& probe = graph.make<Probe<Frame>>();

  Reception() {
    set(source, {{"connect", plugin.endpoint()}, {"socket", "pull"}});
    chain(graph, source, probe);
    graph.start();
  }
};

TEST(ArrayStreamSource, receives_images_and_ends_the_run_when_no_more_come) {
  Reception r;
  for (const std::uint64_t frame : {5, 6, 9}) r.plugin.send(encode_array_message(array_of(frame)));
  r.plugin.send(encode_array_message(array_of(10, simplon::Packing::bslz4_headerless)));
  EXPECT_TRUE(r.probe.has(4));
  EXPECT_TRUE(Changes().wait([&] {
    r.clock.advance(std::chrono::seconds(1));
    return !r.source.progress().newest().outcome.empty();
  }));
  r.graph.stop();
  const std::string uid = r.source.progress().newest().uid;
  EXPECT_EQ(r.probe.log(), "[" + uid + " 0 1 gap 2-3 lost 4 5 ]" + uid + " success");
  EXPECT_EQ(r.probe.elements().back().pixels, counting({4, 6}, 10));
  EXPECT_EQ(errors_of(r.graph).find("refused"), std::string::npos);
}

TEST(ArrayStreamSource, a_run_goes_on_through_garbage) {
  Reception r;
  r.plugin.send(encode_array_message(array_of(0)));
  r.plugin.send(std::string("garbage"));
  auto parts = encode_array_message(array_of(1, simplon::Packing::lz4_block));
  parts[1].bytes = parts[1].bytes.first(10);
  r.plugin.send(parts);
  r.plugin.send(encode_array_message(array_of(2)));
  EXPECT_TRUE(r.probe.has(2));
  r.graph.stop();
  const std::string uid = r.source.progress().newest().uid;
  EXPECT_EQ(r.probe.log(), "[" + uid + " 0 gap 1-1 rejected 2 ]" + uid + " abort");
  EXPECT_EQ(r.source.traffic().refused.at("array-1.0"), 1U) << errors_of(r.graph);
}

TEST(ArrayStreamSource, receives_what_areaDetector_publishes) {
  ANNULUS_NEEDS_VECTORS();
  RawPusher plugin(zmq::socket_type::xpub);
  Graph graph;
  auto& source = graph.make<ArrayStreamSource>("camera");
  auto& probe = graph.make<Probe<Frame>>();
  set(source, {{"connect", plugin.endpoint()}});
  chain(graph, source, probe);
  graph.start();
  EXPECT_TRUE(plugin.has_subscriber());
  plugin.send(simplon::testing::parts_in(simplon::testing::read_vector("adzmq_array-1.0.lendump")));
  EXPECT_TRUE(probe.has(1));
  graph.stop();
  EXPECT_EQ(probe.elements().at(0).pixels, bluesky::testing::vector_image());
}

TEST(ArrayStreamSource, checks_its_parameters) {
  Graph graph;
  auto& source = graph.make<ArrayStreamSource>("camera");
  EXPECT_NE(problems_of(source).find("either 'connect' or 'bind'"), std::string::npos);
  set(source, {{"bind", "5000"}});
  EXPECT_NE(problems_of(source).find("'5000' is not an endpoint"), std::string::npos);
  set(source, {{"bind", "tcp://127.0.0.1:5000"}});
  EXPECT_EQ(problems_of(source), "");
}

}  // namespace
}  // namespace annulus
