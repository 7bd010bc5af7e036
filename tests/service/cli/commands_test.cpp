// SPDX-License-Identifier: BSD-3-Clause
#include "service/cli/commands.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

#include "detectors/files/npy.hpp"
#include "tests/bench.hpp"
#include "tests/probe.hpp"
#include "tests/scratch.hpp"

namespace annulus {
namespace {

using namespace testing;

/// What a command prints.
template <class F>
std::string printed(F&& f) {
  ::testing::internal::CaptureStdout();
  f();
  return ::testing::internal::GetCapturedStdout();
}

TEST(Describe, prints_one_type_or_all) {
  const std::string one = printed([] { EXPECT_EQ(describe("integrate1d"), 0); });
  EXPECT_NE(one.find("### integrate1d"), std::string::npos) << one;
  EXPECT_EQ(one.find("### replay"), std::string::npos);
  const std::string all = printed([] { EXPECT_EQ(describe(""), 0); });
  for (const char* type :
       {"bluesky_zmq", "replay", "dark_subtract", "integrate1d", "nexus_file", "bluesky_pub", "viewer"})
    EXPECT_NE(all.find(std::string("### ") + type), std::string::npos) << type;
  EXPECT_NE(message_of([] { describe("integrate"); }).find("integrate1d"), std::string::npos);
}

/// raw -> reduce -> file, in `folder`.
std::filesystem::path write_config(const Scratch& folder) {
  write_npy(folder / "stack.npy", Array::of<std::uint16_t>({1, 6, 8}, std::vector<std::uint16_t>(48, 1)));
  write_poni(folder / "small.poni");
  std::ofstream(folder / "a.yaml") << "version: 1\n"
                                      "sources: {raw: {type: replay, file: stack.npy}}\n"
                                      "operators: {reduce: {type: integrate1d, in: raw, poni: small.poni}}\n"
                                      "sinks: {file: {type: nexus_file, in: reduce, directory: out}}\n";
  return folder / "a.yaml";
}

TEST(Check, prints_the_graph_of_a_good_configuration_and_refuses_a_bad_one) {
  const Scratch scratch;
  const auto file = write_config(scratch);
  const std::string text = printed([&] { EXPECT_EQ(check(file), 0); });
  EXPECT_NE(text.find("a.yaml: good"), std::string::npos) << text;
  EXPECT_NE(text.find("reduce"), std::string::npos) << text;
  EXPECT_FALSE(std::filesystem::exists(scratch / "out")) << "a check changes nothing";
  std::ofstream(file, std::ios::app) << "more: 1\n";
  EXPECT_THROW(check(file), ConfigError);
}

TEST(Graph, prints_dot_or_writes_a_picture) {
  const Scratch scratch;
  const auto file = write_config(scratch);
  const std::string dot = printed([&] { EXPECT_EQ(graph({file, std::nullopt}), 0); });
  EXPECT_TRUE(dot.starts_with("digraph annulus {")) << dot;
  EXPECT_NE(dot.find("\"raw\" -> \"reduce\""), std::string::npos) << dot;
  const auto picture = scratch / "graph.svg";
  EXPECT_EQ(printed([&] { EXPECT_EQ(graph({file, picture}), 0); }), "");
  EXPECT_GT(std::filesystem::file_size(picture), 1000U);
  EXPECT_FALSE(std::filesystem::exists(scratch / "out")) << "drawing changes nothing";
}

TEST(Simulate, says_what_is_wrong_with_its_arguments) {
  const Scratch scratch;
  SimulateOptions options;
  options.bind = "tcp://127.0.0.1:*";
  options.wait_s = 0;
  EXPECT_NE(message_of([&] { simulate_bluesky(options); }).find("--poni: needed"), std::string::npos);
  write_npy(scratch / "image.npy", small_frame(0).pixels);
  options.images = {(scratch / "image.npy").string()};
  EXPECT_NE(message_of([&] { simulate_bluesky(options); }).find("nobody has subscribed"), std::string::npos);
  options.frames = -1;
  EXPECT_NE(message_of([&] { simulate_bluesky(options); }).find("--frames: -1"), std::string::npos);
  options.frames = 1;
  options.images.clear();
  options.poni = write_poni(scratch / "small.poni");
  options.calibrant = "CeO";
  EXPECT_NE(message_of([&] { simulate_bluesky(options); }).find("CeO2"), std::string::npos);
}

TEST(Replay, says_where_it_could_play_to) {
  ReplayOptions options;
  options.file = "run.jsonl";
  EXPECT_NE(message_of([&] { replay(options); }).find("--config"), std::string::npos);
}

TEST(Replay, refuses_a_configuration_with_several_sources) {
  const Scratch scratch;
  ReplayOptions options;
  options.file = "run.jsonl";
  options.config = scratch / "a.yaml";
  std::ofstream(*options.config) << "version: 1\n"
                                    "sources: {a: {type: replay, file: a}, b: {type: replay, file: b}}\n";
  EXPECT_NE(message_of([&] { replay(options); }).find("several sources"), std::string::npos);
}

}  // namespace
}  // namespace annulus
