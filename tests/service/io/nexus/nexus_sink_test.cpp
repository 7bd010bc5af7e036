// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/nexus/nexus_sink.hpp"

#include <cmath>
#include <csignal>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "operators/data/error.hpp"

#include "operators/stream/source.hpp"
#include "tests/probe.hpp"
#include "tests/scratch.hpp"

namespace annulus {
namespace {

using namespace testing;
namespace fs = std::filesystem;

const auto axis = std::make_shared<const RadialAxis>(RadialAxis::uniform(RadialUnit::q_nm, 0, 4, 4));
const auto reduction = std::make_shared<const Dict>(Dict{{"poni", "Distance: 1"}, {"wavelength_m", 1e-10}});

Pattern make_pattern(std::uint64_t number) {
  const auto value = static_cast<double>(number);
  return {.number = number,
          .time = 100 + value,
          .axis = axis,
          .intensity = {value, value, value, NAN},
          .sigma = {},
          .signal = {value, value, value, 0},
          .variance = {},
          .normalization = {1, 1, 1, 0},
          .count = {2, 2, 2, 0},
          .readings = nullptr,
          .reduction = reduction};
}

/// A sink whose files are flushed only when the test says so: no clock moves, no number of rows is reached.
struct Pipeline {
  Scratch scratch;
  fs::path folder = scratch / "out";
  VirtualClock clock;
  Graph graph{&clock};
  Source<Pattern>& source = graph.make<Source<Pattern>>("source");
  NexusSink& sink = graph.make<NexusSink>("sink", "the: config");
  Changes acknowledged;
  int good = 0;
  int bad = 0;

  Pipeline() {
    set(sink, {{"directory", folder.string()}, {"name", "{uid}.nxs"}, {"flush_frames", 1000}});
    graph.connect(source.out(), *sink.inputs().front());
    source.on_acknowledge([this](const Acknowledgement& a) { acknowledged.make([&] { ++(a.good ? good : bad); }); });
  }
  RunPtr begin(const std::string& uid, Dict start = {}) {
    start.set("uid", uid);
    return graph.begin_run(uid, {}, std::make_shared<const Dict>(std::move(start)));
  }
  void send(const RunPtr& run, std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t k = first; k <= last; ++k) source.emit(make_pattern(k), run, k);
  }
  [[nodiscard]] RunProgress progress() const { return sink.progress().all(); }
};

struct Reduced {
  hdf5::File file;
  explicit Reduced(const fs::path& path) : file(hdf5::File::open(path)) {}
  [[nodiscard]] std::vector<double> column(const std::string& name) const {
    return file.root().dataset("entry/" + name).read().to_vector<double>();
  }
  [[nodiscard]] std::string text(const std::string& name) const {
    return file.root().dataset("entry/" + name).read_text();
  }
};

TEST(NexusSink, acknowledges_a_frame_only_when_its_row_is_flushed) {
  Pipeline p;
  set(p.sink, {{"flush_frames", 3}});
  p.graph.start();
  const RunPtr run = p.begin("a");
  p.send(run, 0, 1);
  EXPECT_EQ(p.source.unacknowledged(), 2U);
  EXPECT_EQ(p.source.in_flight(), 0U) << "rows that wait do not hold up the source";
  EXPECT_EQ(p.progress().written, 0U);
  EXPECT_EQ(p.progress().reduced, 2U);
  p.send(run, 2, 3);
  EXPECT_EQ(p.source.unacknowledged(), 1U);
  EXPECT_EQ(p.progress().written, 3U);
  EXPECT_EQ(Reduced(p.folder / "a.nxs").column("annulus/ledger/frame_number"), (std::vector<double>{0, 1, 2}));
  p.graph.end_run(run);
  EXPECT_EQ(p.source.unacknowledged(), 0U);
  EXPECT_EQ(p.progress().written, 4U);
  EXPECT_EQ(p.good, 4);
}

TEST(NexusSink, flushes_rows_that_have_waited_long_enough) {
  Pipeline p;
  set(p.sink, {{"flush_seconds", 0.02}});
  p.graph.start();
  const RunPtr run = p.begin("a");
  p.send(run, 0, 1);
  EXPECT_TRUE(p.acknowledged.wait([&] {
    p.clock.advance(std::chrono::milliseconds(1));
    return p.good == 2;
  })) << "the thread that flushes looks at the clock by itself";
}

TEST(NexusSink, keeps_what_produced_the_data) {
  Pipeline p;
  set(p.sink, {{"instrument", "XPD"}, {"source", "NSLS-II"}});
  p.graph.start();
  const RunPtr run = p.begin("a", {{"sample_name", "ceria"}, {"title", "a title"}});
  p.send(run, 0, 0);
  p.graph.end_run(run);
  const Reduced file(p.folder / "a.nxs");
  EXPECT_EQ(p.sink.progress().newest().file, (p.folder / "a.nxs").string());
  EXPECT_EQ(file.text("title"), "a title");
  EXPECT_EQ(file.text("annulus/exit_status"), "success");
  EXPECT_EQ(file.text("reduction/input/config"), "the: config");
}

TEST(NexusSink, gives_frames_without_a_result_a_row_with_their_state) {
  Pipeline p;
  p.graph.start();
  const RunPtr run = p.begin("a");
  p.send(run, 0, 0);
  p.source.announce_gap(run, 1, 2, FrameState::lost, "cable");
  p.send(run, 3, 3);
  p.source.announce_gap(run, 4, 4, FrameState::rejected, "shape");
  p.graph.end_run(run);
  const Reduced file(p.folder / "a.nxs");
  EXPECT_EQ(file.column("annulus/ledger/frame_number"), (std::vector<double>{0, 1, 2, 3, 4}));
  EXPECT_EQ(file.column("data/frame_state"), (std::vector<double>{1, 2, 2, 1, 3}));
  EXPECT_EQ(p.progress().of(FrameState::lost), 2U);
  EXPECT_EQ(p.progress().of(FrameState::rejected), 1U);
  EXPECT_EQ(p.progress().written, 5U);
}

TEST(NexusSink, knows_the_geometry_also_when_the_first_frames_were_lost) {
  Pipeline p;
  p.graph.start();
  const RunPtr run = p.begin("a");
  p.source.announce_gap(run, 0, 0, FrameState::lost, "late");
  p.source.announce_gap(run, 1, 1, FrameState::lost, "late");
  p.send(run, 2, 2);
  p.graph.end_run(run);
  const Reduced file(p.folder / "a.nxs");
  EXPECT_EQ(file.column("data/frame_state"), (std::vector<double>{2, 2, 1}));
  EXPECT_EQ(file.text("reduction/input/poni"), "Distance: 1");
}

TEST(NexusSink, a_run_without_a_pattern_has_a_file_that_says_so) {
  Pipeline p;
  p.graph.start();
  const RunPtr lost = p.begin("lost");
  p.source.announce_gap(lost, 0, 2, FrameState::lost, "cable");
  p.graph.end_run(lost);
  EXPECT_EQ(Reduced(p.folder / "lost.nxs").column("annulus/frames_by_state"),
            (std::vector<double>{0, 0, 3, 0, 0, 0, 0}));
  const RunPtr empty = p.begin("empty");
  p.graph.end_run(empty, ExitStatus::fail, "no beam");
  EXPECT_EQ(Reduced(p.folder / "empty.nxs").text("annulus/exit_status"), "fail");
  EXPECT_EQ(Reduced(p.folder / "empty.nxs").text("annulus/reason"), "no beam");
}

TEST(NexusSink, takes_a_huge_gap_in_its_stride) {
  Pipeline p;
  p.graph.start();
  const RunPtr run = p.begin("a");
  p.send(run, 0, 0);
  p.source.announce_gap(run, 1, 1'000'000, FrameState::lost, "cable");
  p.send(run, 1'000'001, 1'000'001);
  p.graph.end_run(run);
  EXPECT_EQ(p.source.unacknowledged(), 0U);
  EXPECT_EQ(p.progress().written, 1'000'002U);
  EXPECT_EQ(errors_of(p.graph), "");
}

TEST(NexusSink, writes_runs_that_overlap_to_files_of_their_own) {
  Pipeline p;
  p.graph.start();
  const RunPtr a = p.begin("a");
  p.send(a, 0, 1);
  const RunPtr b = p.begin("b");
  p.send(b, 0, 0);
  p.send(a, 2, 2);
  p.graph.end_run(a);
  EXPECT_EQ(p.source.unacknowledged(), 1U) << "the row of b waits still";
  p.send(b, 1, 1);
  p.graph.end_run(b);
  EXPECT_EQ(Reduced(p.folder / "a.nxs").column("annulus/ledger/frame_number"), (std::vector<double>{0, 1, 2}));
  EXPECT_EQ(Reduced(p.folder / "b.nxs").column("annulus/ledger/frame_number"), (std::vector<double>{0, 1}));
  EXPECT_EQ(p.source.unacknowledged(), 0U);
}

TEST(NexusSink, closes_the_file_of_an_open_run_when_the_graph_stops) {
  Pipeline p;
  p.graph.start();
  const RunPtr run = p.begin("a");
  p.send(run, 0, 4);
  p.graph.stop();
  EXPECT_EQ(p.source.unacknowledged(), 0U);
  EXPECT_FALSE(fs::is_symlink(p.folder / "a.nxs"));
  EXPECT_FALSE(fs::exists(p.folder / "a.nxs.partial"));
  const Reduced file(p.folder / "a.nxs");
  EXPECT_EQ(file.column("data/frame_state"), (std::vector<double>(5, 1)));
  EXPECT_EQ(file.text("annulus/exit_status"), "abort");
}

TEST(NexusSink, refuses_to_start_where_it_cannot_write) {
  Pipeline p;
  std::ofstream(p.folder) << "a file, not a folder";
  const std::string message = message_of([&] { p.graph.start(); });
  EXPECT_NE(message.find("sink: cannot write to " + p.folder.string()), std::string::npos) << message;
  Pipeline below;
  std::ofstream(below.scratch / "file") << "a file, not a folder";
  set(below.sink, {{"directory", (below.scratch / "file" / "folder").string()}});
  EXPECT_THROW(below.graph.start(), IoError);
}

TEST(NexusSink, checks_how_its_files_are_named) {
  Pipeline p;
  EXPECT_EQ(problems_of(p.sink), "");
  set(p.sink, {{"name", "{uid.nxs"}});
  EXPECT_TRUE(problems_of(p.sink).starts_with("name: ")) << problems_of(p.sink);
}

TEST(NexusSink, a_run_whose_name_cannot_be_made_is_written_under_its_uid) {
  Pipeline p;
  set(p.sink, {{"name", "{scan_id}.nxs"}});
  p.graph.start();
  const RunPtr nameless = p.begin("nameless");
  p.send(nameless, 0, 1);
  p.graph.end_run(nameless);
  EXPECT_EQ(Reduced(p.folder / "run_nameless.nxs").column("data/frame_state"), (std::vector<double>{1, 1}));
  EXPECT_EQ(p.graph.errors().total(), 1U) << "said once";
  EXPECT_NE(errors_of(p.graph).find("no text or number 'scan_id'"), std::string::npos) << errors_of(p.graph);
  const RunPtr named = p.begin("named", {{"scan_id", 5}});
  p.send(named, 0, 0);
  p.graph.end_run(named);
  EXPECT_TRUE(fs::exists(p.folder / "5.nxs"));
  EXPECT_EQ(p.good, 3);
}

TEST(NexusSink, writes_elements_that_belong_to_no_run) {
  Pipeline p;
  p.graph.start();
  p.source.emit(make_pattern(0));
  p.graph.stop();
  EXPECT_EQ(p.good, 1) << errors_of(p.graph);
  EXPECT_EQ(std::ranges::distance(fs::directory_iterator(p.folder), fs::directory_iterator()), 1);
}

TEST(NexusSink, frames_of_a_run_whose_file_cannot_be_made_are_not_good) {
  Pipeline p;
  p.graph.start();
  fs::remove(p.folder);
  std::ofstream(p.folder) << "a file, not a folder";
  const RunPtr run = p.begin("a");
  p.source.announce_gap(run, 0, 0, FrameState::lost, "cable");
  p.send(run, 1, 2);
  p.graph.end_run(run);
  EXPECT_NE(errors_of(p.graph).find("cannot make folder"), std::string::npos) << errors_of(p.graph);
  EXPECT_EQ(p.source.unacknowledged(), 0U);
  EXPECT_EQ(p.good, 0);
  EXPECT_EQ(p.bad, 2);
  EXPECT_EQ(p.progress().of(FrameState::failed), 2U);
}

TEST(NexusSink, a_file_that_cannot_get_its_name_is_reported_and_its_rows_are_kept) {
  Pipeline p;
  p.graph.start();
  const RunPtr run = p.begin("a");
  p.send(run, 0, 1);
  const fs::path moved = p.scratch / "moved";
  fs::rename(p.folder, moved);  // the folder goes away under the open file
  p.graph.end_run(run);
  EXPECT_EQ(p.source.unacknowledged(), 0U);
  EXPECT_EQ(p.good, 2);
  EXPECT_EQ(Reduced(moved / "a.nxs.partial").column("data/frame_state"), (std::vector<double>{1, 1}));
  ASSERT_EQ(p.graph.errors().total(), 1U);
  EXPECT_EQ(p.graph.errors().recent()[0].run, "a");
}

/// Files of this process cannot be written while it lives, as on a full disk.
class FullDisk final {
 public:
  FullDisk() {
    (void)std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit tight{1, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &tight);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST(NexusSink, writes_what_waited_when_a_full_disk_has_room_again) {
  Pipeline p;
  set(p.sink, {{"flush_frames", 2}, {"flush_seconds", 0.02}});
  p.graph.start();
  const RunPtr run = p.begin("a");
  p.send(run, 0, 1);
  ASSERT_EQ(p.good, 2);
  {
    const FullDisk full;
    p.send(run, 2, 3);
    EXPECT_EQ(p.source.unacknowledged(), 2U) << "they wait in memory";
    EXPECT_NE(errors_of(p.graph).find("frames cannot be written"), std::string::npos) << errors_of(p.graph);
    p.send(run, 4, 4);
    EXPECT_EQ(p.bad, 1) << "memory is not for whole runs";
  }
  EXPECT_TRUE(p.acknowledged.wait([&] {
    p.clock.advance(std::chrono::milliseconds(1));
    return p.good == 4;
  })) << errors_of(p.graph);
  p.send(run, 5, 5);
  p.graph.end_run(run);
  EXPECT_EQ(p.good, 5);
  const Reduced file(p.folder / "a.nxs");
  EXPECT_EQ(file.column("annulus/ledger/frame_number"), (std::vector<double>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(file.column("data/frame_state"), (std::vector<double>{1, 1, 1, 1, 4, 1}));
  EXPECT_EQ(file.text("annulus/exit_status"), "success");
}

TEST(NexusSink, rows_that_are_not_in_the_file_at_the_end_of_the_run_are_not_good) {
  Pipeline p;
  set(p.sink, {{"flush_frames", 2}});
  p.graph.start();
  const RunPtr run = p.begin("a");
  p.send(run, 0, 1);
  {
    const FullDisk full;
    p.send(run, 2, 2);
    p.graph.end_run(run);
  }
  EXPECT_EQ(p.source.unacknowledged(), 0U) << "nobody waits for ever";
  EXPECT_EQ(p.good, 2);
  EXPECT_EQ(p.bad, 1);
  EXPECT_NE(errors_of(p.graph), "");
  const RunPtr next = p.begin("next");
  p.send(next, 0, 0);
  p.graph.end_run(next);
  EXPECT_EQ(p.good, 3) << errors_of(p.graph);
}

TEST(NexusSink, a_pattern_of_another_axis_is_refused_and_marked_failed) {
  Pipeline p;
  p.graph.start();
  const RunPtr run = p.begin("a");
  p.send(run, 0, 0);
  Pattern other = make_pattern(1);
  other.axis = std::make_shared<const RadialAxis>(RadialAxis::uniform(RadialUnit::q_nm, 0, 9, 4));
  p.source.emit(other, run, 1);
  p.send(run, 2, 2);
  p.graph.end_run(run);
  EXPECT_EQ(p.good, 2);
  EXPECT_EQ(p.bad, 1);
  EXPECT_EQ(Reduced(p.folder / "a.nxs").column("annulus/ledger/frame_number"), (std::vector<double>{0, 1, 2}));
  EXPECT_EQ(Reduced(p.folder / "a.nxs").column("data/frame_state"), (std::vector<double>{1, 4, 1}));
}

}  // namespace
}  // namespace annulus
