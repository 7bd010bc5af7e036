// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/zmq/simplon_source.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "detectors/simplon/stream_v1.hpp"
#include "detectors/simplon/stream_v2.hpp"
#include "tests/detectors/simplon/samples.hpp"
#include "tests/probe.hpp"
#include "tests/service/io/zmq/raw_pusher.hpp"

namespace annulus {
namespace {

using namespace testing;
using simplon::Packing;
using simplon::SeriesEnd;
using simplon::SeriesImage;
using simplon::SeriesStart;
using simplon::testing::counting;

constexpr std::uint64_t series = 7;

SeriesStart start_of(std::uint64_t images, std::uint64_t number = series) {
  SeriesStart start = simplon::testing::sample_start();
  start.series = number;
  start.unique_id = fmt::format("series{}", number);
  start.images = images;
  return start;
}

SeriesImage image_of(std::uint64_t frame, std::uint64_t number = series) {
  SeriesImage image = simplon::testing::sample_image(Packing::bslz4_chunk, frame);
  image.series = number;
  image.unique_id = fmt::format("series{}", number);
  image.channels[0] =
      encode_array(counting({4, 6}, static_cast<std::uint32_t>(frame)), Packing::bslz4_chunk, "threshold_1");
  return image;
}

SeriesEnd end_of(std::uint64_t number = series) { return {number, fmt::format("series{}", number)}; }

/// A source with a detector of two sockets before it.
struct Reception {
  RawPusher detector;
  RawPusher second;
  VirtualClock clock;
  Graph graph{&clock};
  SimplonSource& source = graph.make<SimplonSource>("eiger");
  Probe<Frame>& probe = graph.make<Probe<Frame>>();

  explicit Reception(std::initializer_list<std::pair<const char*, Value>> values = {}) {
    set(source, {{"connect", List{detector.endpoint(), second.endpoint()}}});
    set(source, values);
    chain(graph, source, probe);
  }
  Reception& begin() {
    graph.start();
    return *this;
  }
  template <class M>
  void send(const M& message) {
    detector.send(encode_v2(message));
  }
  /// Waits until so many messages have been taken.
  void took(std::uint64_t messages) {
    EXPECT_TRUE(Changes().wait([&] { return source.traffic().messages >= messages; }));
  }
  /// Lets time pass until the probe has seen `wanted`.
  bool sees_later(const std::string& wanted) {
    return Changes().wait([&] {
      clock.advance(std::chrono::milliseconds(100));
      return log().find(wanted) != std::string::npos;
    });
  }
  std::string log() { return probe.snapshot(); }
  /// "stale 2 ": what was refused, by kind.
  std::string refused() {
    std::string text;
    for (const auto& [kind, count] : source.traffic().refused) {
      if (count > 0) text += fmt::format("{} {} ", kind, count);
    }
    return text;
  }
};

TEST(SimplonSource, receives_a_series_of_stream_v2) {
  Reception r;
  r.begin();
  r.send(start_of(2));
  r.send(image_of(0));
  r.send(image_of(1));
  r.send(end_of());
  EXPECT_TRUE(r.probe.sees("]series7"));
  r.graph.stop();
  EXPECT_EQ(r.probe.log(), "[series7 0 1 ]series7 success");
  EXPECT_EQ(r.probe.elements()[1].pixels, counting({4, 6}, 1));
  EXPECT_EQ(r.source.traffic().messages, 4U);
  EXPECT_EQ(r.source.progress().newest().received, 2U);
  EXPECT_EQ(r.refused(), "");
  EXPECT_EQ(errors_of(r.graph), "");
}

TEST(SimplonSource, receives_a_series_of_stream_v1) {
  Reception r;
  r.begin();
  r.detector.send(encode_v1(start_of(2)));
  r.detector.send(encode_v1(image_of(0)));
  r.detector.send(encode_v1(image_of(1)));
  r.detector.send(encode_v1(end_of()));
  EXPECT_TRUE(r.probe.sees("success"));
  r.graph.stop();
  ASSERT_EQ(r.probe.elements().size(), 2U) << errors_of(r.graph);
  EXPECT_EQ(r.probe.elements()[1].pixels, counting({4, 6}, 1));
  EXPECT_EQ(r.refused(), "");
}

TEST(SimplonSource, puts_frames_of_two_sockets_in_order) {
  Reception r;
  r.begin();
  r.second.send(encode_v2(end_of()));
  r.second.send(encode_v2(image_of(3)));
  r.second.send(encode_v2(image_of(1)));
  r.took(3);
  r.send(start_of(4));
  r.send(image_of(0));
  r.send(image_of(2));
  EXPECT_TRUE(r.probe.sees("]series7"));
  r.graph.stop();
  EXPECT_EQ(r.probe.log(), "[series7 0 1 2 3 ]series7 success");
  EXPECT_EQ(errors_of(r.graph), "");
}

TEST(SimplonSource, waits_for_the_other_socket_rather_than_giving_frames_up) {
  Reception r({{"reorder", 2}});
  r.begin();
  r.send(start_of(10));
  for (std::uint64_t frame = 1; frame < 10; ++frame) r.send(image_of(frame));
  r.took(4);  // the header and three images, the last of which does not fit
  r.second.send(encode_v2(image_of(0)));
  r.send(end_of());
  EXPECT_TRUE(r.probe.sees("]series7"));
  r.graph.stop();
  EXPECT_EQ(r.probe.log(), "[series7 0 1 2 3 4 5 6 7 8 9 ]series7 success");
}

TEST(SimplonSource, gives_a_frame_up_when_the_patience_is_over) {
  Reception r({{"reorder", 2}});
  r.begin();
  r.send(start_of(5));
  for (const std::uint64_t frame : {0, 2, 3, 4}) r.send(image_of(frame));
  r.send(end_of());
  EXPECT_TRUE(r.sees_later("]series7"));
  r.graph.stop();
  EXPECT_EQ(r.probe.log(), "[series7 0 gap 1-1 lost 2 3 4 ]series7 success");
}

TEST(SimplonSource, one_socket_does_not_wait_for_frames_that_were_skipped) {
  Reception r({{"reorder", 2}});
  set(r.source, {{"connect", r.detector.endpoint()}});
  r.begin();
  r.send(start_of(9));
  for (const std::uint64_t frame : {0, 5, 6, 7, 8}) r.send(image_of(frame));
  r.send(end_of());
  EXPECT_TRUE(r.probe.sees("]series7"));  // the clock stands still
  r.graph.stop();
  EXPECT_EQ(r.probe.log(), "[series7 0 gap 1-4 lost 5 6 7 8 ]series7 success");
}

TEST(SimplonSource, a_series_that_is_cut_short_ends_as_aborted) {
  Reception r;
  r.begin();
  r.send(start_of(5));
  r.send(image_of(0));
  r.send(end_of());
  EXPECT_TRUE(r.sees_later("]series7"));
  r.graph.stop();
  EXPECT_EQ(r.probe.log(), "[series7 0 gap 1-4 lost ]series7 abort");
}

TEST(SimplonSource, the_next_series_ends_one_whose_end_was_lost_and_what_comes_late_is_stale) {
  Reception r;
  r.begin();
  r.send(start_of(5));
  r.send(image_of(0));
  r.send(start_of(1, 8));
  EXPECT_TRUE(r.sees_later("]series7 abort"));
  r.send(image_of(1));
  r.send(end_of());
  r.send(image_of(0, 8));
  r.send(image_of(0, 8));
  r.send(end_of(8));
  EXPECT_TRUE(r.probe.sees("]series8"));
  r.graph.stop();
  EXPECT_EQ(r.probe.log(), "[series7 0 [series8 ]series7 abort 0 ]series8 success");
  EXPECT_EQ(r.refused(), "repeated 1 stale 2 ");
}

TEST(SimplonSource, says_when_it_has_joined_too_late) {
  Reception r;
  r.begin();
  r.send(image_of(3));
  r.send(image_of(4));
  r.took(2);
  EXPECT_TRUE(Changes().wait([&] {
    r.clock.advance(std::chrono::milliseconds(100));
    return r.graph.errors().total() > 0;
  }));
  r.graph.stop();
  EXPECT_EQ(r.probe.log(), "");
  EXPECT_NE(errors_of(r.graph).find("start this program before the detector is armed"), std::string::npos)
      << errors_of(r.graph);
  EXPECT_EQ(r.refused(), "stale 2 ");
}

TEST(SimplonSource, gives_each_threshold_its_output_and_unpacks_only_what_is_listened_to) {
  Reception r;
  auto& difference = r.graph.make<Probe<Frame>>("difference");
  auto& fourth = r.graph.make<Probe<Frame>>("fourth");
  r.graph.connect(*r.source.find_output("difference"), *difference.inputs().front());
  r.graph.connect(*r.source.find_output("threshold_4"), *fourth.inputs().front());
  r.begin();
  SeriesImage image = image_of(0);
  image.channels.push_back(encode_array(counting({4, 6}, 100), Packing::lz4_chunk, "difference"));
  image.channels.push_back(image.channels[0]);
  image.channels[2].channel = "threshold_2";  // nobody listens to it
  image.channels[2].bytes = image.channels[2].bytes.first(20);
  r.send(start_of(1));
  r.send(image);
  r.send(end_of());
  EXPECT_TRUE(fourth.sees("]series7"));
  EXPECT_TRUE(difference.sees("]series7"));
  EXPECT_TRUE(r.probe.sees("]series7"));
  r.graph.stop();
  EXPECT_EQ(r.probe.elements().at(0).pixels, counting({4, 6}, 0));
  EXPECT_EQ(difference.elements().at(0).pixels, counting({4, 6}, 100));
  EXPECT_EQ(fourth.log(), "[series7 ]series7 success");
  EXPECT_NE(errors_of(r.graph).find("no frame for the output 'threshold_4'"), std::string::npos);
  EXPECT_EQ(r.source.progress().newest().received, 1U) << "a frame counts once";
}

TEST(SimplonSource, a_series_goes_on_through_garbage) {
  Reception r;
  r.begin();
  r.send(start_of(3));
  r.send(image_of(0));
  r.detector.send(std::string());
  r.detector.send(std::string("garbage"));
  r.detector.send(std::string("{\"htype\":\"dimage-1.0\"}"));
  r.detector.send(std::vector<simplon::Part>(3, simplon::testing::part_of("x")));
  SeriesImage cut = image_of(1);
  cut.channels[0].bytes = cut.channels[0].bytes.first(cut.channels[0].bytes.size() / 2);
  r.send(cut);
  r.send(image_of(2));
  r.send(end_of());
  EXPECT_TRUE(r.probe.sees("]series7"));
  r.graph.stop();
  EXPECT_EQ(r.probe.log(), "[series7 0 gap 1-1 rejected 2 ]series7 success");
  EXPECT_EQ(r.source.traffic().refused.at("simplon"), 4U);
  EXPECT_EQ(r.source.traffic().refused.at("bslz4"), 1U);
  EXPECT_NE(errors_of(r.graph).find("it begins 67 61 72 62"), std::string::npos) << errors_of(r.graph);
}

TEST(SimplonSource, takes_only_the_version_that_is_asked_for) {
  Reception r({{"version", 1}});
  r.begin();
  r.send(start_of(1));
  r.detector.send(encode_v1(start_of(0)));
  r.detector.send(encode_v1(end_of()));
  EXPECT_TRUE(r.probe.sees("success"));
  r.graph.stop();
  EXPECT_EQ(r.refused(), "simplon 1 ");
}

TEST(SimplonSource, aborts_the_open_run_when_the_graph_stops) {
  Reception r;
  r.begin();
  r.send(start_of(5));
  r.send(image_of(0));
  EXPECT_TRUE(r.probe.has(1));
  r.graph.stop();
  EXPECT_EQ(r.probe.log(), "[series7 0 ]series7 abort");
  EXPECT_EQ(r.source.unacknowledged(), 0U);
}

TEST(SimplonSource, checks_its_parameters) {
  Graph graph;
  auto& source = graph.make<SimplonSource>("eiger");
  set(source, {{"connect", List{}}});
  EXPECT_NE(problems_of(source).find("needs the endpoints of the detector"), std::string::npos);
  set(source, {{"connect", List{"tcp://127.0.0.1:9999", "9999"}}});
  EXPECT_NE(problems_of(source).find("'9999' is not an endpoint"), std::string::npos) << problems_of(source);
  set(source, {{"connect", "tcp://127.0.0.1:9999"}});
  EXPECT_EQ(problems_of(source), "");
}

}  // namespace
}  // namespace annulus
