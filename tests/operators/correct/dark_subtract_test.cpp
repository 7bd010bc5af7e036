// SPDX-License-Identifier: BSD-3-Clause
#include "operators/correct/dark_subtract.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

#include "detectors/files/npy.hpp"
#include "tests/frame_pipeline.hpp"

namespace annulus {
namespace {

using namespace testing;

struct Pipeline : FramePipeline<DarkSubtract, Frame> {
  explicit Pipeline(const Array& image) : FramePipeline("dark") {
    write_npy(scratch / "dark.npy", image);
    set(node, {{"dark", (scratch / "dark.npy").string()}});
  }
  void send(std::initializer_list<Array> images) {
    std::vector<Frame> frames;
    for (const Array& image : images) {
      frames.push_back({.number = frames.size(), .time = 0, .pixels = image, .readings = nullptr});
    }
    FramePipeline::send(frames);
  }
  [[nodiscard]] std::vector<double> result(std::size_t k) const {
    return probe.elements().at(k).pixels.to_vector<double>();
  }
};

template <class T>
Array pixels(std::initializer_list<T> values) {
  return Array::of<T>({1, values.size()}, std::vector<T>(values));
}

TEST(DarkSubtract, subtracts_pixel_by_pixel_in_double_precision) {
  Pipeline p(pixels<double>({0.5, 2, 30}));
  p.send({pixels<std::uint16_t>({1, 1, 1}), pixels<std::uint32_t>({4'000'000'000, 5, 6})});
  EXPECT_EQ(p.result(0), (std::vector<double>{0.5, -1, -29}));
  EXPECT_EQ(p.result(1), (std::vector<double>{3'999'999'999.5, 3, -24}));
  EXPECT_EQ(p.probe.elements()[0].pixels.dtype(), DType::f64);
}

TEST(DarkSubtract, scales_the_dark) {
  Pipeline p(pixels<std::uint16_t>({2, 4}));
  set(p.node, {{"scale", 0.25}});
  p.send({pixels<std::uint16_t>({10, 10})});
  EXPECT_EQ(p.result(0), (std::vector<double>{9.5, 9}));
}

TEST(DarkSubtract, turns_what_the_detector_marks_as_unusable_into_nan) {
  Pipeline p(pixels<std::uint16_t>({1, 1}));
  p.send({pixels<std::uint16_t>({65535, 5}), pixels<std::int32_t>({-1, 5}),
          pixels<float>({std::numeric_limits<float>::quiet_NaN(), -5}), pixels<std::int32_t>({65535, 5})});
  for (std::size_t k = 0; k < 3; ++k) EXPECT_TRUE(std::isnan(p.result(k)[0])) << k;
  EXPECT_EQ(p.result(1)[1], 4);
  EXPECT_EQ(p.result(2)[1], -6) << "corrected images may well be negative";
  EXPECT_EQ(p.result(3)[0], 65534);
}

TEST(DarkSubtract, keeps_number_time_and_readings) {
  Pipeline p(pixels<std::uint16_t>({1}));
  p.graph.start();
  const auto readings = std::make_shared<const Dict>(Dict{{"motor", 2.5}});
  p.source.emit(Frame{.number = 7, .time = 12.5, .pixels = pixels<std::uint16_t>({3}), .readings = readings});
  p.graph.stop();
  ASSERT_EQ(p.probe.elements().size(), 1U);
  const Frame& frame = p.probe.elements()[0];
  EXPECT_EQ(frame.number, 7U);
  EXPECT_EQ(frame.time, 12.5);
  EXPECT_EQ(frame.readings, readings);
}

TEST(DarkSubtract, a_frame_of_another_shape_fails_alone) {
  Pipeline p(pixels<std::uint16_t>({1, 1}));
  p.send({pixels<std::uint16_t>({3, 3}), pixels<std::uint16_t>({3, 3, 3}), pixels<std::uint16_t>({4, 4})});
  EXPECT_EQ(p.probe.log(), "[a 0 gap 1-1 failed 2 ]a success");
  EXPECT_EQ(errors_of(p.graph), "dark: frame 1 is 1 x 3 (the dark is 1 x 2) use a dark of this detector\n");
}

TEST(DarkSubtract, says_before_the_start_that_the_dark_cannot_be_read) {
  Pipeline p(pixels<std::uint16_t>({1}));
  EXPECT_EQ(problems_of(p.node), "");
  set(p.node, {{"dark", (p.scratch / "none.npy").string()}});
  EXPECT_TRUE(problems_of(p.node).starts_with("dark: ")) << problems_of(p.node);
  EXPECT_NE(problems_of(p.node).find("none.npy"), std::string::npos);
  EXPECT_THROW(p.graph.start(), IoError);
}

TEST(DarkSubtract, gives_the_same_bits_with_workers) {
  std::vector<std::vector<double>> results[2];
  for (const int workers : {0, 2}) {
    Pipeline p(pixels<double>({0.1, 0.2, 0.3}));
    set(p.node, {{"workers", workers}});
    p.send({pixels<std::uint16_t>({1, 2, 3}), pixels<std::uint16_t>({7, 8, 9}), pixels<std::uint16_t>({3, 3, 3})});
    for (std::size_t k = 0; k < 3; ++k) results[workers / 2].push_back(p.result(k));
  }
  EXPECT_EQ(results[0], results[1]);
}

}  // namespace
}  // namespace annulus
