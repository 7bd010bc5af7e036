// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/graphviz/visualize.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

#include "operators/stream/drawing.hpp"
#include "operators/stream/stream.hpp"
#include "tests/probe.hpp"
#include "tests/scratch.hpp"

namespace annulus {
namespace {

using namespace testing;

/// numbers -> (latest) -> screen
struct Drawn {
  Graph graph;
  Scratch scratch;
  Drawn() {
    graph.make<Source<int>>("numbers").stream().buffer(1, Overflow::latest).sink([](int) {}, "screen <1>");
  }
};

/// Programs are looked for in `folder` alone while this lives.
class OnlyPath {
 public:
  explicit OnlyPath(const std::filesystem::path& folder) : old_(std::getenv("PATH")) {
    ::setenv("PATH", folder.c_str(), 1);
  }
  ~OnlyPath() { ::setenv("PATH", old_.c_str(), 1); }
  OnlyPath(const OnlyPath&) = delete;
  OnlyPath& operator=(const OnlyPath&) = delete;

 private:
  std::string old_;
};

std::string text_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

TEST(Visualize, writes_dot) {
  const Drawn drawn;
  visualize(drawn.graph, drawn.scratch / "graph.dot");
  EXPECT_EQ(text_of(drawn.scratch / "graph.dot"), to_dot(drawn.graph));
}

TEST(Visualize, draws_svg_with_graphviz) {
  const Drawn drawn;
  const auto file = drawn.scratch / "graph.svg";
  visualize(drawn.graph, file);  // without Graphviz this says that `apt-get install graphviz` is needed
  const std::string svg = text_of(file);
  for (const char* part : {"<svg", ">numbers</text>", ">source</text>", ">screen &lt;1&gt;</text>", "> int </text>",
                           "> latest </text>", "stroke-dasharray", "</svg>"})
    EXPECT_NE(svg.find(part), std::string::npos) << part << "\n" << svg;
}

TEST(Visualize, draws_nodes_that_have_no_type) {
  const Drawn drawn;
  drawn.graph.nodes().front()->set_type("");
  EXPECT_NO_THROW(visualize(drawn.graph, drawn.scratch / "graph.svg"));
}

TEST(Visualize, says_what_to_do_without_graphviz_and_leaves_the_file_alone) {
  const Drawn drawn;
  const auto file = drawn.scratch / "graph.svg";
  std::ofstream(file) << "older";
  const OnlyPath nothing(drawn.scratch.path());
  EXPECT_THROW(visualize(drawn.graph, file), IoError);
  const std::string message = message_of([&] { visualize(drawn.graph, file); });
  EXPECT_NE(message.find("no program 'dot'"), std::string::npos) << message;
  EXPECT_NE(message.find("apt-get install graphviz"), std::string::npos) << message;
  EXPECT_EQ(text_of(file), "older");
}

TEST(Visualize, tells_what_graphviz_says_when_it_fails) {
  const Drawn drawn;
  const auto program = drawn.scratch / "dot";
  std::ofstream(program) << "#!/bin/sh\necho 'no fonts today' >&2\nexit 3\n";
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  const OnlyPath fake(drawn.scratch.path());
  const std::string message = message_of([&] { visualize(drawn.graph, drawn.scratch / "graph.svg"); });
  EXPECT_NE(message.find("ended with 3"), std::string::npos) << message;
  EXPECT_NE(message.find("no fonts today"), std::string::npos) << message;
}

TEST(Visualize, refuses_other_endings_and_places_that_cannot_be_written) {
  const Drawn drawn;
  EXPECT_THROW(visualize(drawn.graph, drawn.scratch / "graph.png"), ConfigError);
  EXPECT_THROW(visualize(drawn.graph, drawn.scratch / "missing" / "graph.dot"), IoError);
}

}  // namespace
}  // namespace annulus
