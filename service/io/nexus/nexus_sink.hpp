// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "operators/data/pattern.hpp"

#include "operators/stream/node.hpp"
#include "service/io/nexus/reduced_file.hpp"
#include "service/io/runs/progress.hpp"

namespace annulus {

/// What a file holds.
enum class FileContent { patterns, cakes };

/// Writes every run to an HDF5 file of its own (see ReducedFile). A frame is acknowledged when its row is flushed; rows
/// never wait longer than `flush_seconds`. Frames that were lost, dropped or failed on the way get a row too. While the
/// disk is full, rows wait and frames are refused; their rows, marked failed, follow when there is room again. What is
/// not in the file when the run ends is acknowledged as not good.
///   in "in": Pattern, or Cake
class NexusSink final : public Node, public ReportsProgress {
 public:
  /// `config`: the text of the configuration, kept in every file.
  NexusSink(std::string name, std::string config, FileContent content = FileContent::patterns);
  ~NexusSink() override;

  void check(Problems& problems) const override;
  [[nodiscard]] const ProgressBook& progress() const override { return progress_; }

 private:
  struct Unflushed {
    Hold hold;
    std::uint64_t until = 0;  ///< flushed when the file has so many rows
  };
  /// Frames without a result whose rows the file could not take yet.
  struct Owed {
    Signal gap;
    Hold hold;
  };
  struct RunState {
    Run* run = nullptr;
    std::unique_ptr<ReducedFile> file;  ///< made with the first result, which knows the geometry
    std::deque<Owed> owed;            ///< from before the file, or while the disk was full; marked before what follows
    std::deque<Unflushed> unflushed;  ///< in the order of their rows
    std::uint64_t written = 0;        ///< rows in the file
    bool outage = false;              ///< the last flush failed, and that has been said
  };

  void init() override;
  void start() override;
  void stop_threads() override;
  void run_started(const Run& run, const Context& context) override;
  template <class Result>
  void on_result(const Result& result, const Context& context);
  void gap(const Signal& signal, const Context& context) override;
  [[nodiscard]] bool wants_gaps() const override { return true; }
  void run_stopped(const Run& run, const Context& context) override;

  [[nodiscard]] std::string name_of_file(Run& run);
  void open_file(RunState& state, const Dict* reduction);
  void close_file(RunState& state, const Context& context);
  /// The run has ended here: what is not in the file by now will never be.
  void forget(RunState& state);
  void owe(RunState& state, Signal gap, Hold hold);
  void mark_owed(RunState& state);
  /// Calls add(), which gives rows to the file, and keeps `hold` until they are flushed.
  template <class F>
  void add_rows(RunState& state, Hold& hold, F&& add);
  void acknowledge(RunState& state);
  /// Said once until a flush succeeds again; it is tried many times a second.
  void report_outage(RunState& state, const std::exception& error);
  void flush_when_due();

  using Path = std::filesystem::path;
  Param<Path> directory_{*this, "directory", required, "folder of the files; made when it does not exist"};
  Param<std::string> file_name_{*this, "name", "{scan_id}_{uid:.8}.nxs",
                                "name of a run's file; fields come from the start document"};
  Param<double> flush_seconds_{*this, "flush_seconds", 1.0, "longest time before a row is in the file", more_than(0.0),
                               "s"};
  Param<int> flush_frames_{*this, "flush_frames", 64, "rows after which the file is flushed at once", at_least(1)};
  Param<std::string> instrument_{*this, "instrument", "", "name of the beamline, for NXinstrument"};
  Param<std::string> source_{*this, "source", "", "name of the facility, for NXsource"};
  std::optional<In<Pattern>> patterns_;
  std::optional<In<Cake>> cakes_;

  std::string config_;
  std::mutex mutex_;                ///< handlers and the flushing thread
  RunLocal<RunState> runs_{*this};  ///< handlers only
  std::vector<RunState*> open_;     ///< those of them that have a file
  ProgressBook progress_;
  std::condition_variable stop_;
  bool stopping_ = false;
  std::thread flusher_;
};

}  // namespace annulus
