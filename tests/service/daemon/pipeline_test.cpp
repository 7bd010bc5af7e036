// SPDX-License-Identifier: BSD-3-Clause
#include "service/daemon/pipeline.hpp"

#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

#include "detectors/files/npy.hpp"
#include "operators/stream/source.hpp"
#include "service/daemon/status_report.hpp"
#include "tests/bench.hpp"
#include "tests/probe.hpp"
#include "tests/scratch.hpp"

namespace annulus {
namespace {

using namespace testing;
namespace fs = std::filesystem;

TEST(Registry, knows_every_node_type_of_the_program) {
  ViewerHub hub;
  const Registry registry = make_registry(hub, "");
  const auto names = [&](Category category) {
    const auto list = registry.names(category);
    return std::set<std::string>(list.begin(), list.end());
  };
  EXPECT_EQ(names(Category::source), (std::set<std::string>{"array_zmq", "bluesky_zmq", "replay", "simplon"}));
  EXPECT_EQ(names(Category::op),
            (std::set<std::string>{"buffer", "dark_subtract", "delay", "integrate1d", "integrate2d", "integrate_radial",
                                   "loop", "median", "quantile", "rate_limit", "sigma_clip", "slice", "union"}));
  EXPECT_EQ(names(Category::sink), (std::set<std::string>{"bluesky_pub", "nexus_file", "viewer"}));
}

TEST(Registry, describes_every_node_type_with_its_ports_and_parameters) {
  ViewerHub hub;
  const Registry registry = make_registry(hub, "");
  for (const NodeType& type : registry.types()) {
    const std::string text = describe(type);
    EXPECT_TRUE(text.starts_with("### " + type.name + "\n\n" + type.summary)) << text;
    EXPECT_TRUE(type.summary.ends_with('.')) << type.name << ": a sentence";
    const auto node = type.make("n");
    EXPECT_EQ(node->type(), type.name);
    EXPECT_EQ(node->inputs().empty(), type.category == Category::source) << type.name;
    EXPECT_EQ(node->outputs().empty(), type.category == Category::sink) << type.name;
    for (const ParamBase* param : node->params()) {
      EXPECT_NE(text.find("| `" + param->name() + "` |"), std::string::npos) << type.name << "." << param->name();
      EXPECT_FALSE(param->help().empty()) << type.name << "." << param->name();
    }
    for (const InPort* in : node->inputs()) {
      EXPECT_NE(registry.make_variant("buffer", in->type(), "buffer"), nullptr)
          << type.name << "." << in->name() << ": `overflow` works on every edge";
    }
  }
}

/// A configuration that replays two images through dark subtraction and integration into a file.
struct Bench {
  Scratch scratch;
  fs::path file = scratch / "bench.yaml";

  Bench() {
    write_poni(scratch / "small.poni");
    write_npy(scratch / "dark.npy", small_frame(0).pixels);
    std::vector<std::uint16_t> stack(2 * 48, 100);
    write_npy(scratch / "stack.npy", Array::of<std::uint16_t>({2, 6, 8}, std::move(stack)));
  }
  Config write(const std::string& operators) {
    std::ofstream(file) << "version: 1\nsources:\n  images: {type: replay, file: stack.npy}\n"
                        << "operators:\n"
                        << operators
                        << "sinks:\n  file: {type: nexus_file, in: integrate, directory: out, name: \"{title}.nxs\"}\n"
                        << "  page: {type: viewer, in: integrate, overflow: latest}\n";
    return load_config(file);
  }
};

TEST(Pipeline, runs_from_a_configuration_to_a_file) {
  Bench bench;
  const Config config = bench.write(
      "  dark: {type: dark_subtract, in: images, dark: dark.npy}\n"
      "  integrate: {type: integrate1d, in: dark, poni: small.poni, bins: 20}\n");
  Pipeline pipeline(config);
  EXPECT_TRUE(pipeline.warnings().empty());
  StatusReport report("bench", pipeline.graph());
  Changes changes;
  auto& source = dynamic_cast<SourceNode&>(*pipeline.graph().find("images"));
  bool closed = false;
  source.on_run_closed([&](const std::string&) { changes.make([&] { closed = true; }); });
  pipeline.graph().start();
  EXPECT_TRUE(changes.wait([&] { return closed; })) << errors_of(pipeline.graph());
  pipeline.graph().stop();
  const Status status = report.status();
  ASSERT_TRUE(status.run);
  EXPECT_EQ(status.run->outcome, "success");
  EXPECT_EQ(status.run->title, "stack.npy");
  EXPECT_EQ(status.totals.received, 2U);
  EXPECT_EQ(status.totals.reduced, 2U);
  EXPECT_EQ(status.totals.written, 2U);
  EXPECT_TRUE(fs::is_regular_file(status.file)) << status.file;
  EXPECT_EQ(errors_of(pipeline.graph()), "");
}

TEST(Pipeline, shows_cakes_on_the_page) {
  Bench bench;
  const Config config = bench.write("  integrate: {type: integrate2d, in: images, poni: small.poni, bins: 20}\n");
  Pipeline pipeline(config);
  const auto feed = pipeline.hub().subscribe();
  pipeline.graph().start();
  bool shown = false;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (const auto message = feed->next(deadline)) {
    shown = message->bytes.find("\"type\":\"cake\"") != std::string::npos;
    if (shown) break;
  }
  pipeline.graph().stop();
  EXPECT_TRUE(shown) << errors_of(pipeline.graph());
}

TEST(Pipeline, lists_all_mistakes_of_a_configuration) {
  Bench bench;
  const Config config = bench.write(
      "  dark: {type: dark_subtract, in: images, dark: none.npy}\n"
      "  integrate: {type: integrate1d, in: dark, poni: none.poni, bims: 20}\n");
  const std::string message = message_of([&] { Pipeline pipeline(config); });
  for (const char* part : {"bench.yaml:5: operators.dark.dark", "none.npy", "bench.yaml:6: operators.integrate.poni",
                           "none.poni", "'bins'"})
    EXPECT_NE(message.find(part), std::string::npos) << part << " in\n" << message;
}

TEST(Configurations, that_are_shipped_load) {
  const fs::path folder = fs::path(ANNULUS_SOURCE_DIR) / "configs";
  int count = 0;
  if (fs::is_directory(folder)) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.path().extension() != ".yaml") continue;
      ++count;
      EXPECT_EQ(message_of([&] { Pipeline pipeline(load_config(entry.path())); }), "no exception") << entry.path();
    }
  }
  if (count == 0) GTEST_SKIP() << "there is no configuration in " << folder;
}

}  // namespace
}  // namespace annulus
