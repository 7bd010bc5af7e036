// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "operators/data/pattern.hpp"

#include "operators/stream/node.hpp"
#include "service/io/documents/progress.hpp"
#include "service/io/nexus/reduced_file.hpp"

namespace annulus {

/// Writes every run to an HDF5 file of its own (see ReducedFile). A frame is acknowledged when its row is flushed; rows
/// never wait longer than `flush_seconds`. Frames that were lost, dropped or failed on the way get a row too.
///   in "in": Pattern
class NexusSink final : public Node, public ReportsProgress {
 public:
  /// `config`: the text of the configuration, kept in every file.
  NexusSink(std::string name, std::string config);
  ~NexusSink() override;

  void check(Problems& problems) const override;
  [[nodiscard]] const ProgressBook& progress() const override { return progress_; }

 private:
  struct RunState {
    std::string uid;
    std::unique_ptr<ReducedFile> file;
    std::deque<Hold> unflushed;  ///< one per row that is not yet in the file
    std::uint64_t flushed = 0;
  };

  void init() override;
  void start() override;
  void stop_threads() override;
  void on_pattern(const Pattern& pattern, const Context& context);
  void gap(const Signal& signal, const Context& context) override;
  [[nodiscard]] bool wants_gaps() const override { return true; }
  void run_stopped(const Run& run, const Context& context) override;

  RunState& open_run(const Run& run, const Context& context, const Dict* reduction);
  void acknowledge(RunState& state);
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
  In<Pattern> patterns_{*this, "in", &NexusSink::on_pattern};

  std::string config_;
  std::mutex mutex_;  ///< handlers and the flushing thread
  RunLocal<RunState> runs_{*this};
  ProgressBook progress_;
  std::condition_variable stop_;
  bool stopping_ = false;
  std::thread flusher_;
};

}  // namespace annulus
