// SPDX-License-Identifier: BSD-3-Clause
#include "operators/files/file_sources.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "operators/stream/sinks.hpp"
#include "tests/probe.hpp"

namespace annulus {
namespace {

using std::chrono::milliseconds;
using Ints = std::vector<int>;
using Texts = std::vector<std::string>;
namespace fs = std::filesystem;

/// A directory of the test's own, removed at its end.
class Directory {
 public:
  Directory() : path_(fs::temp_directory_path() / ("annulus-sources-" + std::to_string(::getpid()))) {
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~Directory() { fs::remove_all(path_); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  [[nodiscard]] fs::path operator/(const std::string& name) const { return path_ / name; }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

void append(const fs::path& file, const std::string& text) { std::ofstream(file, std::ios::app) << text; }

Texts names_of(const std::vector<fs::path>& paths) {
  Texts names;
  for (const fs::path& path : paths) names.push_back(path.filename().string());
  return names;
}

// --- text file -----------------------------------------------------------------------------------------------------

TEST(FromTextfile, row_156_emits_lines_and_those_appended_later) {
  const Directory directory;
  VirtualClock clock;
  Graph graph(&clock);
  append(directory / "lines.json", "1\n2\n3\n");
  const auto lines = from_textfile(graph, directory / "lines.json", {.poll_interval = milliseconds(10)});
  const auto list = sink_to_list(lines.map([](const std::string& line) { return std::stoi(line); }));
  graph.start();
  clock.advance(milliseconds(0));
  EXPECT_EQ(list.values(), (Ints{1, 2, 3}));
  append(directory / "lines.json", "4\n5\n");
  clock.advance(milliseconds(9));
  EXPECT_EQ(list.size(), 3U);
  clock.advance(milliseconds(1));
  EXPECT_EQ(list.values(), (Ints{1, 2, 3, 4, 5}));
}

TEST(FromTextfile, row_156_from_end_sees_only_what_is_appended) {
  const Directory directory;
  VirtualClock clock;
  Graph graph(&clock);
  append(directory / "data", "data1\n");
  const auto list = sink_to_list(from_textfile(graph, directory / "data", {.from_end = true}));
  graph.start();
  clock.advance(milliseconds(200));
  append(directory / "data", "data2\n");
  clock.advance(milliseconds(200));
  EXPECT_EQ(list.values(), (Texts{"data2\n"}));
}

TEST(FromTextfile, waits_for_the_end_of_a_line_and_begins_again_when_the_file_does) {
  const Directory directory;
  VirtualClock clock;
  Graph graph(&clock);
  append(directory / "log", "first;sec");
  const auto list = sink_to_list(from_textfile(graph, directory / "log", {.delimiter = ";"}));
  graph.start();
  clock.advance(milliseconds(0));
  EXPECT_EQ(list.values(), (Texts{"first;"}));
  append(directory / "log", "ond;lost");
  clock.advance(milliseconds(100));
  std::ofstream(directory / "log") << "new;";
  clock.advance(milliseconds(100));
  EXPECT_EQ(list.values(), (Texts{"first;", "second;", "new;"}));
}

TEST(FromTextfile, reads_a_large_file_at_once_and_skips_what_is_too_long) {
  const Directory directory;
  VirtualClock clock;
  Graph graph(&clock);
  std::string text;
  for (int i = 0; i < 30000; ++i) text += std::to_string(i) + (i == 5000 ? std::string(200000, 'x') : "") + "\n";
  append(directory / "large", text);
  const auto lines = from_textfile(graph, directory / "large", {.longest_line = 1000}, {.name = "large"});
  const auto list = sink_to_list(lines);
  graph.start();
  clock.advance(milliseconds(0));
  EXPECT_EQ(list.size(), 29999U);
  EXPECT_EQ(list.values().back(), "29999\n");
  EXPECT_EQ(producer_of(lines).dropped(), 1U);
  EXPECT_NE(testing::errors_of(graph).find("was skipped (longer than 1000 bytes)"), std::string::npos);
}

TEST(FromTextfile, refuses_the_start_when_the_file_cannot_be_read) {
  const Directory directory;
  Graph missing;
  from_textfile(missing, directory / "none").sink([](const std::string&) {});
  EXPECT_NE(testing::message_of([&] { missing.start(); }).find("(No such file or directory)"), std::string::npos);
  Graph wrong;
  from_textfile(wrong, directory.path()).sink([](const std::string&) {});
  EXPECT_NE(testing::message_of([&] { wrong.start(); }).find("(it is a directory)"), std::string::npos);
}

// --- file names ----------------------------------------------------------------------------------------------------

TEST(Filenames, row_157_are_sorted_and_come_once) {
  const Directory directory;
  VirtualClock clock;
  Graph graph(&clock);
  append(directory / "b", "");
  append(directory / "a", "");
  const auto list = sink_to_list(filenames(graph, directory.path(), {.poll_interval = milliseconds(10)}));
  graph.start();
  clock.advance(milliseconds(50));
  EXPECT_EQ(names_of(list.values()), (Texts{"a", "b"}));
  append(directory / "c", "");
  append(directory / ".hidden", "");
  clock.advance(milliseconds(50));
  EXPECT_EQ(names_of(list.values()), (Texts{"a", "b", "c"}));
  fs::remove(directory / "a");
  clock.advance(milliseconds(10));
  append(directory / "a", "");
  clock.advance(milliseconds(10));
  EXPECT_EQ(names_of(list.values()), (Texts{"a", "b", "c", "a"}));
}

TEST(Filenames, match_a_pattern_which_may_match_nothing_yet) {
  const Directory directory;
  VirtualClock clock;
  Graph graph(&clock);
  const auto list = sink_to_list(filenames(graph, directory / "*.tif"));
  graph.start();
  clock.advance(milliseconds(0));
  for (const char* name : {"2.tif", "1.tif", "1.txt"}) append(directory / name, "");
  clock.advance(milliseconds(100));
  EXPECT_EQ(names_of(list.values()), (Texts{"1.tif", "2.tif"}));
}

TEST(Filenames, refuse_the_start_without_a_directory) {
  const Directory directory;
  Graph graph;
  filenames(graph, directory / "none").sink([](const fs::path&) {});
  EXPECT_NE(testing::message_of([&] { graph.start(); }).find("(no such directory)"), std::string::npos);
}

}  // namespace
}  // namespace annulus
