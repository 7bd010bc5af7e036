// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/runs/file_frames.hpp"

#include <chrono>
#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include "service/io/runs/file_places.hpp"
#include "tests/bench.hpp"
#include "tests/scratch.hpp"

namespace annulus {
namespace {

using namespace std::chrono_literals;
using testing::Scratch;

/// Images that a test makes visible: (path, index).
using Visible = std::set<std::pair<std::string, std::uint64_t>>;

class FakeImages final : public LiveImages {
 public:
  FakeImages(std::string path, const Visible& visible) : path_(std::move(path)), visible_(visible) {}
  Expected<Array, std::string> read(std::uint64_t index) override {
    if (!visible_.contains({path_, index})) return Unexpected<std::string>("it is not there");
    return testing::small_frame(index).pixels;
  }

 private:
  std::string path_;
  const Visible& visible_;
};

/// Frames in files with a clock and files that the test moves, and in one line what went on.
struct Bench {
  VirtualClock clock;
  Visible visible;
  std::string log;
  RunCounts counts;
  FileFrames frames{clock, 30s,
                    [this](const ImageFiles& files) -> std::unique_ptr<LiveImages> {
                      if (files.path == "bad") throw DataError("it must not be read");
                      return std::make_unique<FakeImages>(files.path, visible);
                    },
                    [this](const RunEvent& event) { std::visit([this](const auto& e) { say(e); }, event); }};

  /// What waits, waits; everything else goes on at once.
  void take(RunEvent event) {
    if (!frames.keep(event)) std::visit([this](const auto& e) { say(e); }, event);
  }
  void announce(const std::string& run, std::uint64_t first, std::uint64_t count, const std::string& path = "f",
                std::optional<NumberForm> number = {}) {
    take(FramesInFile{run, first, count,
                      std::make_shared<const ImageFiles>(ImageFiles{
                          .path = path, .dataset = {}, .number = number, .suffix = {}, .images_per_file = 1}),
                      first, 0, nullptr});
  }
  void stop(const std::string& run) { take(RunStopped{run, nullptr, "success", "", {}}); }
  const std::string& run() {
    while (frames.step()) {
    }
    return log;
  }
  const std::string& after(Clock::Duration time) {
    clock.advance(time);
    return run();
  }

  void add(const std::string& word) { log += (log.empty() ? "" : " ") + word; }
  void say(const FrameArrived& e) { add(e.uid + std::to_string(e.frame.number)); }
  void say(const FramesMissing& e) {
    add(e.uid + std::to_string(e.first) + "-" + std::to_string(e.last) + ":" + std::string(name_of(e.state)));
    last_reason = e.reason;
  }
  void say(const RunStopped& e) { add("]" + e.uid), counts = e.counts; }
  void say(const RunStarted&) {}
  void say(const FramesInFile&) { add("unread"); }
  void say(const Problem&) { add("problem"); }
  std::string last_reason;
};

TEST(FileFrames, go_on_as_they_appear_and_the_stop_after_them) {
  Bench b;
  b.announce("a", 0, 2);
  b.announce("a", 2, 1);
  b.stop("a");
  EXPECT_EQ(b.run(), "");
  b.visible = {{"f", 0}};
  EXPECT_EQ(b.after(50ms), "a0");
  EXPECT_EQ(b.after(29s), "a0");
  b.visible.insert({{"f", 1}, {"f", 2}});
  EXPECT_EQ(b.after(50ms), "a0 a1 a2 ]a");
  EXPECT_EQ(b.counts, (RunCounts{.arrived = 3, .lost = 0, .rejected = 0}));
}

TEST(FileFrames, are_lost_after_the_wait_with_the_reason) {
  Bench b;
  b.visible = {{"f", 0}};
  b.announce("a", 0, 3);
  b.announce("a", 3, 2);
  b.stop("a");
  EXPECT_EQ(b.run(), "a0");
  EXPECT_EQ(b.after(29s), "a0");
  EXPECT_EQ(b.after(1s), "a0 a1-2:lost a3-4:lost ]a") << "both were announced long ago";
  EXPECT_EQ(b.last_reason, "waited 30 s: it is not there");
  EXPECT_EQ(b.counts, (RunCounts{.arrived = 1, .lost = 4, .rejected = 0}));
}

TEST(FileFrames, wait_longer_while_the_file_grows) {
  Bench b;
  b.announce("a", 0, 3);
  for (std::uint64_t k = 0; k < 3; ++k) {
    b.after(20s);
    b.visible.insert({"f", k});
    b.after(50ms);
  }
  EXPECT_EQ(b.log, "a0 a1 a2");
}

TEST(FileFrames, let_other_runs_go_on) {
  Bench b;
  b.visible = {{"g", 0}};
  b.announce("a", 0, 1);
  b.run();
  b.announce("b", 0, 1, "g");
  b.stop("b");
  b.take(FrameArrived{"c", testing::small_frame(5), 0});
  EXPECT_EQ(b.run(), "c5 b0 ]b");
}

TEST(FileFrames, keep_what_follows_in_their_run_behind_them) {
  Bench b;
  b.announce("a", 0, 1);
  b.take(FramesMissing{"a", 1, 2, FrameState::lost, "gap"});
  b.take(Problem{"a", "event", "strange"});
  EXPECT_EQ(b.run(), "problem");
  b.visible = {{"f", 0}};
  EXPECT_EQ(b.after(50ms), "problem a0 a1-2:lost");
}

TEST(FileFrames, skip_missing_numbered_files_only) {
  Bench b;
  b.visible = {{"f", 2}};
  b.announce("a", 0, 4, "f", NumberForm{});
  EXPECT_EQ(b.run(), "");
  EXPECT_EQ(b.after(30s), "a0-1:lost a2") << "the wait begins anew with every frame that went on";
  EXPECT_EQ(b.after(30s), "a0-1:lost a2 a3-3:lost");
}

TEST(FileFrames, that_must_not_be_read_are_rejected_at_once) {
  Bench b;
  b.announce("a", 0, 3, "bad");
  b.stop("a");
  EXPECT_EQ(b.run(), "a0-2:rejected ]a");
  EXPECT_EQ(b.last_reason, "it must not be read");
  EXPECT_EQ(b.counts.rejected, 3U);
}

TEST(FileFrames, are_given_up_at_once_at_a_stop) {
  Bench b;
  b.visible = {{"f", 0}};
  b.announce("a", 0, 9);
  b.stop("a");
  b.frames.give_up();
  EXPECT_EQ(b.run(), "a0 a1-8:lost ]a");
  EXPECT_EQ(b.last_reason, "the service was stopped before they could be read: it is not there");
  b.frames.close();
  b.announce("b", 0, 1);
  EXPECT_EQ(b.log, "a0 a1-8:lost ]a unread");
}

ImageFiles at(const std::string& path) {
  return {.path = path, .dataset = {}, .number = {}, .suffix = {}, .images_per_file = 1};
}

TEST(FilePlaces, replace_the_longest_root) {
  const FilePlaces places{{{"/ioc", "/mnt/a"}, {"/ioc/data/", "/mnt/b/"}, {"//host/x", "/mnt/c"}, {"Z:\\d", "/mnt/d"}},
                          {}};
  EXPECT_EQ(places.find(at("/ioc/data/run/f.h5"))->path, "/mnt/b/run/f.h5");
  EXPECT_EQ(places.find(at("/ioc/dataset/f.h5"))->path, "/mnt/a/dataset/f.h5");
  EXPECT_EQ(places.find(at("/ioc/data/../f.h5"))->path, "/mnt/a/f.h5");
  EXPECT_EQ(places.find(at("//host/x/f.h5"))->path, "/mnt/c/f.h5");
  EXPECT_EQ(places.find(at("Z:/d/f.h5"))->path, "/mnt/d/f.h5");
  EXPECT_EQ(places.find(at("/other/f.h5"))->path, "/other/f.h5");
  EXPECT_NE(places.find(at("//strange/f.h5")).error().find("root_map"), std::string::npos);
}

TEST(FilePlaces, allow_nothing_outside_of_the_folders) {
  const Scratch scratch;
  const auto inside = (scratch / "in").string();
  std::filesystem::create_directories(inside);
  std::filesystem::create_directory_symlink("/etc", scratch / "in/link");
  const FilePlaces places{{{"/ioc", inside}}, {inside}};
  EXPECT_EQ(places.find(at(inside + "/new/f.h5"))->path, inside + "/new/f.h5");
  EXPECT_TRUE(places.find(at("/ioc/f.h5")).has_value());
  EXPECT_FALSE(places.find(at("/etc/passwd")).has_value());
  EXPECT_FALSE(places.find(at(inside + "/../f.h5")).has_value());
  EXPECT_FALSE(places.find(at(inside + "/link/passwd")).has_value());
}

TEST(FilePlaces, want_absolute_folders) {
  EXPECT_EQ(folder_problem("/a"), "");
  EXPECT_EQ(folder_problem("Z:\\a"), "");
  EXPECT_NE(folder_problem("a/b").find("is not absolute"), std::string::npos);
}

}  // namespace
}  // namespace annulus
