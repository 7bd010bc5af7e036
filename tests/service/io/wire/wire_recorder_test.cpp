// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/wire/wire_recorder.hpp"

#include <csignal>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service/io/wire/recorded_messages.hpp"
#include "tests/probe.hpp"
#include "tests/scratch.hpp"
#include "tests/service/io/wire/recording_bytes.hpp"

namespace annulus::wire {
namespace {

using namespace testing;
using namespace std::chrono_literals;

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string name_of(int k) { return "message_" + std::to_string(k); }

/// "message_0 message_1 ..."
std::string names_to(std::uint64_t count) {
  std::string names;
  for (std::uint64_t k = 0; k < count; ++k) names += (k > 0 ? " " : "") + name_of(static_cast<int>(k));
  return names;
}

/// Files may have so many bytes while this lives.
class FileLimit final {
 public:
  explicit FileLimit(rlim_t bytes) {
    (void)std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileLimit() { setrlimit(RLIMIT_FSIZE, &before_); }
  FileLimit(const FileLimit&) = delete;
  FileLimit& operator=(const FileLimit&) = delete;

 private:
  rlimit before_{};
};

TEST(WireRecorder, records_messages_with_their_times) {
  const Scratch scratch;
  const auto begun = std::chrono::system_clock::now().time_since_epoch();
  WireRecorder recorder(scratch / "run.annulus", {.endpoint = "tcp://127.0.0.1:1", .socket = "pull"});
  EXPECT_TRUE(std::filesystem::exists(scratch / "run.annulus")) << "at once";
  for (int k = 0; k < 1000; ++k) EXPECT_TRUE(recorder.record({part_of(name_of(k))}));
  EXPECT_TRUE(recorder.record(parts_of({"a", "", "b"})));
  const RecorderTally tally = recorder.close();
  EXPECT_EQ(tally.written, 1001U);
  EXPECT_EQ(tally.missing, 0U);
  EXPECT_EQ(tally.error, "");
  EXPECT_EQ(read_all(bytes_of(scratch / "run.annulus")), names_to(1000) + " a//b");

  WireReader reader = open_recorded_wire(scratch / "run.annulus");
  EXPECT_EQ(reader.info().socket, "pull");
  std::int64_t last = 0;
  while (const auto item = reader.next()) {
    const auto& message = std::get<RecordedMessage>(*item);
    EXPECT_GE(std::chrono::nanoseconds(message.time_ns), begun);
    EXPECT_GE(message.monotonic_ns, last);
    last = message.monotonic_ns;
  }
}

TEST(WireRecorder, writes_messages_of_many_parts_and_large_ones) {
  const Scratch scratch;
  WireRecorder recorder(scratch / "run.annulus", {});
  EXPECT_TRUE(recorder.record(WireParts(max_parts, part_of("x"))));
  EXPECT_TRUE(recorder.record({part_of(std::string(10'000'000, 'y'))}));
  EXPECT_FALSE(recorder.record(WireParts(max_parts + 1, part_of("x")))) << "more than a record may have";
  EXPECT_EQ(recorder.close().missing, 1U);
  const std::string told = read_all(bytes_of(scratch / "run.annulus"));
  EXPECT_NE(told.find("x/x y"), std::string::npos);
  EXPECT_NE(told.find("<1 message is missing before byte"), std::string::npos);
}

TEST(WireRecorder, never_replaces_a_file) {
  const Scratch scratch;
  std::ofstream(scratch / "run.annulus") << "precious";
  EXPECT_NE(message_of([&] { WireRecorder(scratch / "run.annulus", {}); }).find("never replaces a file"),
            std::string::npos);
  EXPECT_EQ(bytes_of(scratch / "run.annulus"), "precious");
  EXPECT_NE(message_of([&] { WireRecorder(scratch / "no" / "run.annulus", {}); }).find("No such file"),
            std::string::npos);
}

TEST(WireRecorder, counts_what_finds_no_room) {
  const Scratch scratch;
  WireRecorder recorder(scratch / "run.annulus", {}, {.buffer = 0});
  EXPECT_FALSE(recorder.record(parts_of({"no room"})));
  EXPECT_FALSE(recorder.wait_for_room(0ms));
  const RecorderTally tally = recorder.close();
  EXPECT_EQ(tally.received, 1U);
  EXPECT_EQ(tally.missing, 1U);
  EXPECT_NE(read_all(bytes_of(scratch / "run.annulus")).find("<1 message is missing"), std::string::npos);
}

TEST(WireRecorder, leaves_a_whole_file_when_the_disk_is_full) {
  const Scratch scratch;
  const auto path = scratch / "run.annulus";
  RecorderTally tally;
  {
    const FileLimit limit(10'000);
    WireRecorder recorder(path, {});
    for (int k = 0; k < 1000; ++k) {
      (void)recorder.record({part_of(name_of(k))});
      EXPECT_TRUE(recorder.wait_for_room(patience));
    }
    tally = recorder.close();
  }
  EXPECT_NE(tally.error.find("File too large"), std::string::npos) << tally.error;
  EXPECT_EQ(tally.received, 1000U);
  EXPECT_GT(tally.written, 50U);
  EXPECT_EQ(tally.written + tally.missing, 1000U);
  const std::string told = read_all(bytes_of(path));
  EXPECT_TRUE(told.starts_with(names_to(tally.written) + " <")) << told;
  EXPECT_EQ(told.find("damaged"), std::string::npos) << told;
  EXPECT_EQ(told.find("no whole message"), std::string::npos) << told;
}

TEST(WireRecorder, leaves_no_file_when_there_is_no_room_for_its_header) {
  const Scratch scratch;
  const FileLimit limit(10);
  EXPECT_NE(message_of([&] { WireRecorder(scratch / "run.annulus", {}); }).find("nothing was recorded"),
            std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(scratch / "run.annulus"));
}

TEST(WireRecorder, loses_nothing_that_was_written_when_it_is_killed) {
  const Scratch scratch;
  const auto path = scratch / "run.annulus";
  int said[2];
  ASSERT_EQ(pipe(said), 0);
  const pid_t child = fork();
  if (child == 0) {
    WireRecorder recorder(path, {});
    for (int k = 0;; ++k) {
      (void)recorder.record({part_of(name_of(k))});
      const std::uint64_t written = recorder.tally().written;
      if (write(said[1], &written, sizeof written) != sizeof written) _exit(1);
    }
  }
  close(said[1]);
  std::uint64_t written = 0;
  while (written < 200) ASSERT_EQ(read(said[0], &written, sizeof written), static_cast<ssize_t>(sizeof written));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  while (read(said[0], &written, sizeof written) == static_cast<ssize_t>(sizeof written)) {
  }
  close(said[0]);
  const std::string told = read_all(bytes_of(path));
  EXPECT_TRUE(told.starts_with(names_to(written) + " ")) << written;
  EXPECT_NE(told.find("the recording was not closed"), std::string::npos);
  EXPECT_EQ(told.find("damaged"), std::string::npos);
}

TEST(RecordedMessages, come_as_from_a_socket_and_end) {
  const Scratch scratch;
  RecordingBytes recording;
  recording.add(parts_of({"one", "two"}));
  recording.next += 1;
  recording.add(parts_of({"three"}));
  recording.end();
  std::ofstream(scratch / "run.annulus", std::ios::binary) << recording.bytes;
  EXPECT_TRUE(is_recorded_wire(scratch / "run.annulus"));
  RecordedMessages messages(scratch / "run.annulus");
  EXPECT_EQ(text_of(*messages.receive(0ms)), "one/two");
  EXPECT_NE(message_of([&] { (void)messages.receive(0ms); }).find("run.annulus: 1 message is missing"),
            std::string::npos);
  EXPECT_FALSE(messages.ended());
  EXPECT_EQ(text_of(*messages.receive(0ms)), "three");
  EXPECT_FALSE(messages.ended());
  EXPECT_FALSE(messages.receive(0ms));
  EXPECT_TRUE(messages.ended());
}

TEST(RecordedMessages, say_what_they_cannot_read) {
  const Scratch scratch;
  std::ofstream(scratch / "other") << "something else";
  EXPECT_FALSE(is_recorded_wire(scratch / "other"));
  EXPECT_FALSE(is_recorded_wire(scratch.path()));
  EXPECT_NE(message_of([&] { RecordedMessages(scratch / "other"); }).find("does not begin as a recorded wire does"),
            std::string::npos);
  EXPECT_NE(message_of([&] { RecordedMessages(scratch / "none"); }).find("No such file"), std::string::npos);
  EXPECT_NE(message_of([&] { RecordedMessages(scratch.path()); }).find("it is not a file"), std::string::npos);
}

}  // namespace
}  // namespace annulus::wire
