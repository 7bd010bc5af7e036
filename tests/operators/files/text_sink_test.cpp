// SPDX-License-Identifier: BSD-3-Clause
#include "operators/files/text_sink.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "operators/stream/sources.hpp"
#include "tests/probe.hpp"

namespace annulus {
namespace {

/// A file of the test's own, removed at its end.
class File {
 public:
  File() : path_(std::filesystem::temp_directory_path() / ("annulus-sink-" + std::to_string(::getpid()))) {
    std::filesystem::remove(path_);
  }
  ~File() { std::filesystem::remove(path_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::string text() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::filesystem::path path_;
};

TEST(SinkToTextfile, row_093_writes_elements_and_ends_into_a_stream_or_a_named_file) {
  const File file;
  std::ostringstream stream;
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  sink_to_textfile(source.stream(), stream);
  sink_to_textfile(source.stream(), file.path());
  graph.start();
  for (int i = 0; i < 2; ++i) source.emit(i);
  graph.stop();
  EXPECT_EQ(stream.str(), "0\n1\n");
  EXPECT_EQ(file.text(), "0\n1\n");
}

TEST(SinkToTextfile, row_158_writes_texts_as_they_are) {
  const File file;
  Graph graph;
  auto& source = graph.make<Source<std::string>>("source");
  sink_to_textfile(source.stream(), file.path());
  graph.start();
  for (const char* text : {"a", "b"}) source.emit(text);
  graph.stop();
  EXPECT_EQ(file.text(), "a\nb\n");
}

TEST(SinkToTextfile, appends_or_replaces) {
  const File file;
  for (const bool append : {true, true, false}) {
    Graph graph;
    auto& source = graph.make<Source<int>>("source");
    sink_to_textfile(source.stream(), file.path(), {.end = ";", .append = append});
    graph.start();
    source.emit(append ? 1 : 2);
    graph.stop();
    EXPECT_EQ(file.text().back(), ';');
  }
  EXPECT_EQ(file.text(), "2;");
}

TEST(SinkToTextfile, flushes_at_the_end_of_a_run_and_acknowledges_then) {
  const File file;
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  source.set_window(1);
  std::vector<bool> acknowledged;
  source.on_acknowledge([&](const Acknowledgement& done) { acknowledged.push_back(done.good); });
  sink_to_textfile(source.stream(), file.path());
  graph.start();
  const RunPtr run = graph.begin_run("run");
  source.emit(1, run, 0);
  source.emit(2, run, 1);
  EXPECT_EQ(acknowledged.size(), 0U);
  EXPECT_EQ(source.unacknowledged(), 2U);
  graph.end_run(run);
  EXPECT_EQ(acknowledged, (std::vector<bool>{true, true}));
  EXPECT_EQ(file.text(), "1\n2\n");
}

TEST(SinkToTextfile, flushes_now_and_then_in_a_long_run) {
  const File file;
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  sink_to_textfile(source.stream(), file.path());
  graph.start();
  for (int i = 0; i < 2500; ++i) source.emit(i);
  EXPECT_LT(source.unacknowledged(), 1024U);
  graph.stop();
}

TEST(SinkToTextfile, an_element_that_cannot_be_written_is_an_error_of_that_element) {
  class Full : public std::stringbuf {
   public:
    bool full = false;

   private:
    std::streamsize xsputn(const char* text, std::streamsize size) override {
      return full ? 0 : std::stringbuf::xsputn(text, size);
    }
  } buffer;
  std::ostream stream(&buffer);
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  sink_to_textfile(source.stream(), stream, {.name = "text"});
  graph.start();
  source.emit(1);
  buffer.full = true;
  source.emit(2);
  buffer.full = false;
  source.emit(3);
  graph.stop();
  EXPECT_EQ(buffer.str(), "1\n3\n");
  ASSERT_EQ(graph.errors().total(), 1U);
  EXPECT_EQ(graph.errors().recent().front().position, 1U);
  EXPECT_NE(testing::errors_of(graph).find("text: cannot write the text"), std::string::npos);
}

TEST(SinkToTextfile, a_flush_that_fails_fails_what_was_not_flushed) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "needs /dev/full";
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  std::vector<bool> acknowledged;
  source.on_acknowledge([&](const Acknowledgement& done) { acknowledged.push_back(done.good); });
  sink_to_textfile(source.stream(), "/dev/full");
  graph.start();
  source.emit(1);
  graph.stop();
  EXPECT_EQ(acknowledged, (std::vector<bool>{false}));
  EXPECT_NE(testing::errors_of(graph).find("cannot write /dev/full (No space left on device)"), std::string::npos);
}

TEST(SinkToTextfile, refuses_the_start_when_the_file_cannot_be_opened) {
  Graph graph;
  auto& source = graph.make<Source<int>>("source");
  sink_to_textfile(source.stream(), "/nowhere/file");
  EXPECT_EQ(testing::message_of([&] { graph.start(); }),
            "textfile: cannot write /nowhere/file (No such file or directory) give a file in a directory that exists");
}

}  // namespace
}  // namespace annulus
