// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/net/process_source.hpp"

#include <cerrno>
#include <csignal>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

#include "tests/service/io/net/client.hpp"

namespace annulus {
namespace {

using testing::probe_of;
using testing::Texts;

/// What a shell script, told here to be one, prints.
std::vector<std::string> script(const std::string& text) { return {"sh", "-c", text}; }

/// The lines of the program until it has ended.
struct Outcome {
  Texts lines;
  std::string errors;
  bool finished = false;
};
Outcome run(const std::vector<std::string>& command, const ProcessOptions& process = {}) {
  Graph graph;
  const auto lines = from_process(graph, command, process, {.name = "program"});
  const auto list = sink_to_list(lines);
  graph.start();
  const bool finished = producer_of(lines).wait_until_finished();
  return {list.values(), testing::errors_of(graph), finished};
}

TEST(FromProcess, row_155_emits_what_has_no_delimiter_at_the_end) {
  const Outcome outcome = run({"printf", "0123"});
  EXPECT_TRUE(outcome.finished);
  EXPECT_EQ(outcome.lines, (Texts{"0123"}));
  EXPECT_EQ(outcome.errors, "");
}

TEST(FromProcess, row_155_emits_a_line_at_a_time) {
  EXPECT_EQ(run({"printf", "0\\n1\\n2\\n3\\n"}).lines, (Texts{"0\n", "1\n", "2\n", "3\n"}));
  EXPECT_EQ(run({"printf", "0;1;2"}, {.delimiter = ";", .with_end = false}).lines, (Texts{"0", "1", "2"}));
}

TEST(FromProcess, gives_the_words_to_the_program_and_not_to_a_shell) {
  EXPECT_EQ(run({"printf", "%s\\n", "$HOME; echo *"}).lines, (Texts{"$HOME; echo *\n"}));
}

TEST(FromProcess, takes_standard_error_if_told_so) {
  EXPECT_EQ(run(script("echo out; echo err >&2"), {.with_stderr = true}).lines, (Texts{"out\n", "err\n"}));
}

TEST(FromProcess, reports_how_a_program_failed) {
  EXPECT_EQ(run(script("exit 3")).errors, "program: 'sh' ended with exit code 3\n");
  EXPECT_EQ(run(script("kill -9 $$")).errors, "program: 'sh' was ended by signal 9\n");
}

TEST(FromProcess, refuses_a_program_that_cannot_be_run) {
  EXPECT_EQ(testing::message_of([] { run({"no-such-program"}); }),
            "program: cannot run 'no-such-program' (No such file or directory) give a program that is in PATH, or its "
            "full path");
  EXPECT_THROW(run({}), ConfigError);
}

TEST(FromProcess, gives_the_program_no_input) { EXPECT_EQ(run({"cat"}).lines, Texts{}); }

TEST(FromProcess, ends_the_program_at_a_stop_and_runs_it_anew_at_a_start) {
  Graph graph;
  const auto lines = from_process(graph, script("echo $$; exec sleep 1000"));
  auto& probe = probe_of(graph, lines);
  graph.start();
  ASSERT_TRUE(probe.has(1));
  producer_of(lines).stop_source();
  const auto pid = [&](std::size_t i) { return static_cast<pid_t>(std::stoi(probe.elements().at(i))); };
  EXPECT_EQ(::kill(pid(0), 0), -1);  // reaped
  EXPECT_EQ(errno, ESRCH);
  producer_of(lines).start_source();
  ASSERT_TRUE(probe.has(2));
  graph.stop();
  EXPECT_EQ(::kill(pid(1), 0), -1);
  EXPECT_EQ(graph.errors().total(), 0U);
}

TEST(FromProcess, ends_a_program_that_does_not_want_to_end) {
  Graph graph;
  const auto lines = from_process(graph, script("trap '' TERM; echo ready; while :; do sleep 0.05; done"),
                                  {.patience = std::chrono::milliseconds(50)});
  auto& probe = probe_of(graph, lines);
  graph.start();
  ASSERT_TRUE(probe.has(1));
  graph.stop();
  EXPECT_FALSE(producer_of(lines).producing());
}

TEST(FromProcess, ends_a_program_that_closed_its_output_but_goes_on) {
  Graph graph;
  const auto lines = from_process(graph, script("echo ready; exec >&- 2>&-; exec sleep 1000"));
  auto& probe = probe_of(graph, lines);
  graph.start();
  ASSERT_TRUE(probe.has(1));
  graph.stop();
  EXPECT_EQ(probe.elements(), (Texts{"ready\n"}));
}

TEST(FromProcess, holds_a_program_up_while_the_graph_is_busy) {
  Graph graph;
  testing::Changes changes;
  bool held = false;
  bool open = false;
  const auto lines = from_process(graph, {"yes"}, {}, {.window = 1});
  lines.buffer(4).sink([&](const std::string&) {
    changes.make([&] { held = true; });
    EXPECT_TRUE(changes.wait([&] { return open; }));
  });
  graph.start();
  ASSERT_TRUE(changes.wait([&] { return held; }));
  EXPECT_LE(producer_of(lines).emitted(), 1U);
  producer_of(lines).stop_source();
  changes.make([&] { open = true; });
}

TEST(FromProcess, skips_and_counts_lines_that_are_too_long) {
  const Outcome outcome = run({"printf", "a\\nbbbbbbbb\\nc\\n"}, {.longest_line = 4});
  EXPECT_EQ(outcome.lines, (Texts{"a\n", "c\n"}));
  EXPECT_NE(outcome.errors.find("a line of 'printf' was skipped (longer than 4 bytes)"), std::string::npos);
}

}  // namespace
}  // namespace annulus
