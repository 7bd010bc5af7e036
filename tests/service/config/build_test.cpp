// SPDX-License-Identifier: BSD-3-Clause
#include "service/config/build.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/service/config/test_nodes.hpp"

namespace annulus {
namespace {

/// A folder with a configuration and the file ceo2.poni beside it.
class Build : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              (std::string("annulus-") + testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / "ceo2.poni") << "poni";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  /// `body` without the lines that every configuration has.
  std::vector<std::string> build(const std::string& body) {
    std::ofstream(folder_ / "x.yaml") << "version: 1\n" << body;
    return build_graph(load_config(folder_ / "x.yaml"), registry_, graph_);
  }

  template <class N>
  N& node(const std::string& name) {
    return dynamic_cast<N&>(*graph_.find(name));
  }

  std::filesystem::path folder_;
  Registry registry_ = test_registry();
  Graph graph_;
};

const std::string pipeline = R"(sources:
  raw: {type: camera, connect: tcp://here:1}
operators:
  dark: {type: subtract, in: raw, level: 10}
  curve: {type: integrate, in: dark, poni: ceo2.poni, unit: 2th_deg, range: [1, 1e1]}
sinks:
  view: {type: viewer, in: [curve, raw]}
)";

TEST_F(Build, data_runs_through_the_graph_that_the_file_describes) {
  EXPECT_EQ(build(pipeline), std::vector<std::string>{});
  graph_.start();
  node<Camera>("raw").emit(16);
  node<Camera>("raw").emit(20);
  graph_.stop();
  EXPECT_EQ(node<Viewer>("view").heights, (std::vector<double>{3, 5}));
  EXPECT_EQ(node<Viewer>("view").levels, (std::vector<int>{16, 20}));
}

TEST_F(Build, parameters_have_the_values_of_the_file) {
  build(pipeline);
  const auto& curve = node<Integrate>("curve");
  EXPECT_EQ(*curve.unit, TestUnit::two_theta);
  EXPECT_EQ(**curve.range, (std::array<double, 2>{1, 10}));
  EXPECT_FALSE(curve.bins.is_set());
}

TEST_F(Build, relative_paths_begin_at_the_folder_of_the_file_also_defaults) {
  build(pipeline +
        "  file: {type: file, in: curve}\n  two: {type: file, in: curve, directory: ../a}\n"
        "  three: {type: file, in: curve, directory: /b}\n");
  EXPECT_EQ(*node<Integrate>("curve").poni, folder_ / "ceo2.poni");
  EXPECT_EQ(*node<FileSink>("file").directory, folder_ / "data");
  EXPECT_EQ(*node<FileSink>("two").directory, folder_.parent_path() / "a");
  EXPECT_EQ(*node<FileSink>("three").directory, "/b");
  EXPECT_EQ(*node<Subtract>("dark").dark, std::nullopt);
}

TEST_F(Build, texts_are_taken_as_they_are_written) {
  build("sources:\n  raw: {type: camera, connect: 1.10, prefix: 007}\nsinks:\n  v: {type: viewer, in: raw}\n");
  EXPECT_EQ(*node<Camera>("raw").connect, "1.10");
  EXPECT_EQ(*node<Camera>("raw").prefix, "007");
}

TEST_F(Build, the_error_policy_is_set) {
  build("sources:\n  raw: {type: camera, connect: x}\nsinks:\n  v: {type: viewer, in: raw, on_error: abort}\n");
  EXPECT_EQ(graph_.find("v")->error_policy(), ErrorPolicy::abort);
  EXPECT_EQ(graph_.find("raw")->error_policy(), ErrorPolicy::skip);
}

TEST_F(Build, an_overflow_option_puts_a_buffer_before_every_connected_input) {
  build(pipeline + "    \n  lossy: {type: viewer, in: [curve, raw, dark], overflow: drop_oldest, capacity: 3}\n");
  auto& lossy = node<Viewer>("lossy");
  ASSERT_EQ(lossy.pictures.upstreams().size(), 1U);
  auto& pictures = dynamic_cast<Buffer<Picture>&>(lossy.pictures.upstreams()[0]->node());
  EXPECT_EQ(pictures.name(), "lossy.pictures.buffer");
  EXPECT_EQ(pictures.overflow(), Overflow::drop_oldest);
  EXPECT_EQ(pictures.queue().capacity, 3U);
  EXPECT_EQ(pictures.in().upstreams().size(), 2U);
  auto& curves = dynamic_cast<Buffer<Curve>&>(lossy.curves.upstreams()[0]->node());
  EXPECT_EQ(curves.overflow(), Overflow::drop_oldest);
  graph_.start();
  node<Camera>("raw").emit(16);
  graph_.stop();
  EXPECT_EQ(lossy.heights, std::vector<double>{3});
  EXPECT_EQ(lossy.levels, (std::vector<int>{6, 16}));  // in the order of subscription: dark stands before lossy
}

TEST_F(Build, operators_for_all_elements_take_what_they_are_connected_to) {
  build(
      "sources:\n  raw: {type: camera, connect: x}\n"
      "operators:\n"
      "  last: {type: slice, in: every, start: 1}\n"  // before what it listens to
      "  every: {type: slice, in: both, step: 2}\n"
      "  both: {type: union, in: [raw, dark]}\n"
      "  dark: {type: subtract, in: raw, level: 10}\n"
      "sinks:\n  v: {type: viewer, in: last}\n");
  graph_.start();
  for (const int level : {20, 30, 40}) node<Camera>("raw").emit(level);
  graph_.stop();
  EXPECT_EQ(node<Viewer>("v").levels, (std::vector<int>{30, 40})) << "of 20 10 30 20 40 30";
}

TEST_F(Build, a_loop_closes_a_circle) {
  build(
      "sources:\n  raw: {type: camera, connect: x}\n"
      "operators:\n"
      "  around: {type: loop, in: {in: raw, back: first}}\n"
      "  lower: {type: subtract, in: around, level: 10}\n"
      "  first: {type: slice, in: lower, stop: 2}\n"
      "sinks:\n  v: {type: viewer, in: around}\n");
  graph_.start();
  node<Camera>("raw").emit(30);
  graph_.stop();
  EXPECT_EQ(node<Viewer>("v").levels, (std::vector<int>{30, 20, 10}));
}

TEST_F(Build, a_capacity_alone_is_a_queue_that_loses_nothing) {
  build(pipeline + "  file: {type: file, in: curve, capacity: 9}\n");
  auto& buffer = dynamic_cast<Buffer<Curve>&>(node<FileSink>("file").in.upstreams()[0]->node());
  EXPECT_EQ(buffer.overflow(), Overflow::block);
  EXPECT_EQ(buffer.queue().capacity, 9U);
}

TEST_F(Build, list_entries_fill_the_required_inputs_in_order_and_join_the_first_then) {
  build(R"(sources:
  raw: {type: camera, connect: x}
operators:
  a: {type: subtract, in: raw}
  b: {type: subtract, in: raw}
  lay: {type: overlay, in: [raw, a, b, raw.mask]}
sinks:
  v: {type: viewer, in: lay}
)");
  auto& lay = node<Overlay>("lay");
  ASSERT_EQ(lay.image.upstreams().size(), 2U);
  EXPECT_EQ(lay.image.upstreams()[1]->node().name(), "b");
  ASSERT_EQ(lay.background.upstreams().size(), 1U);
  EXPECT_EQ(lay.background.upstreams()[0]->node().name(), "a");
  EXPECT_EQ(lay.mask.upstreams().size(), 1U);
}

TEST_F(Build, inputs_can_be_named) {
  build(R"(sources:
  raw: {type: camera, connect: x}
operators:
  a: {type: subtract, in: raw.pictures}
  lay: {type: overlay, in: {background: raw, image: [a], mask: raw.mask}}
sinks:
  v: {type: viewer, in: lay}
)");
  auto& lay = node<Overlay>("lay");
  EXPECT_EQ(lay.image.upstreams().at(0)->node().name(), "a");
  EXPECT_EQ(lay.background.upstreams().at(0)->node().name(), "raw");
}

TEST_F(Build, a_node_may_be_named_before_it_is_described) {
  build("sinks:\n  v: {type: viewer, in: raw}\nsources:\n  raw: {type: camera, connect: x}\n");
  EXPECT_EQ(node<Viewer>("v").pictures.upstreams().size(), 1U);
}

TEST_F(Build, warns_of_nodes_whose_output_goes_nowhere) {
  const auto warnings = build(
      "sources:\n  raw: {type: camera, connect: x}\n  idle: {type: camera, connect: y}\n"
      "sinks:\n  v: {type: viewer, in: raw}\n");
  EXPECT_EQ(warnings, std::vector<std::string>{(folder_ / "x.yaml").string() +
                                               ":4: sources.idle: nobody takes what it yields (its work is thrown "
                                               "away)"});
}

}  // namespace
}  // namespace annulus
