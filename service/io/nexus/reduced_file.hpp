// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "detectors/hdf5/file.hpp"
#include "service/io/nexus/frame_ledger.hpp"
#include "service/io/nexus/pending_file.hpp"
#include "service/io/nexus/reduced_columns.hpp"
#include "service/io/nexus/reduction_log.hpp"
#include "service/io/nexus/run_info.hpp"

namespace annulus {

/// How long frames may wait before they are safe.
struct FlushPolicy {
  std::size_t frames = 64;  ///< flush when so many rows wait
  double seconds = 1.0;     ///< flush_if_due() flushes when the oldest row is so old [s]
};

/// How a run ended.
struct RunEnd {
  std::string exit_status{};  ///< "success", "abort" or "fail"
  std::string reason{};
  double time = 0;  ///< [s since 1970-01-01 UTC]
};

/// One run as an HDF5 file laid out as NeXus NXazint1d (patterns) or NXazint2d (cakes), one row per frame in the order
/// of arrival.
///
/// While the run lasts, other processes may read the file (SWMR). It lies at partial_path(), and path() is a symbolic
/// link to it; close() moves it to path(). An existing file is never touched: a number is appended to the name.
/// Rows wait in memory and are flushed together: data first, then their entries in /entry/annulus/ledger, so that a
/// ledger entry proves that the data of the row survive the death of this process (not of the machine: the disk is
/// synced at close). Frames that were not reduced have a row too, with NaN and their state.
/// Until the first pattern or cake comes, or a layout is given, there is no place for rows and nothing can be read.
/// One thread at a time may use it.
class ReducedFile final {
 public:
  /// Makes the file. Throws IoError: folder cannot be made or written, no free name.
  ReducedFile(const std::filesystem::path& directory, const std::string& name, const RunInfo& run, const BeamInfo& beam,
              const Provenance& provenance, FlushPolicy policy = {}, const std::optional<RowLayout>& layout = {});

  ReducedFile(const ReducedFile&) = delete;
  ReducedFile& operator=(const ReducedFile&) = delete;
  /// Without close(), the file stays under partial_path() with what was acknowledged, as after a crash.
  ~ReducedFile();

  /// Takes a row; flushes when FlushPolicy::frames wait. Throws DataError when the pattern has another axis or other
  /// fields than the first (the row is not taken), IoError as flush() does.
  void append(const Pattern& pattern);
  /// The same of a cake. A file holds patterns or cakes.
  void append(const Cake& cake);

  /// Takes rows of frames `first` to `last` that were not reduced. Flushes as append() does. Throws DataError for more
  /// than a million frames at once, IoError as flush() does.
  void mark(std::uint64_t first, std::uint64_t last, FrameState state, const std::string& reason);

  /// Writes the rows that wait and brings them to the file. Throws IoError (disk full); the rows go on waiting,
  /// further rows are refused until a flush succeeds.
  void flush();

  /// Flushes when a row has waited for FlushPolicy::seconds. `now` is the caller's clock [s], any origin, ascending.
  void flush_if_due(double now);

  /// Rows whose data and ledger entry are in the file: a frame counts as written only then.
  [[nodiscard]] std::uint64_t acknowledged() const { return rows_; }
  /// Rows taken: in the file, or waiting for a flush.
  [[nodiscard]] std::uint64_t rows() const { return rows_ + waiting_rows_; }
  /// Readings left out because the first pattern did not have them.
  [[nodiscard]] std::uint64_t ignored_readings() const { return columns_ ? columns_->ignored_readings() : 0; }

  /// Flushes, writes how the run ended, closes and gives the file its final name. When waiting rows cannot be
  /// written, the file is still closed with what was acknowledged, its exit_status "fail" with that reason, and then
  /// IoError is thrown; when it cannot be closed, it stays under partial_path(). Once only.
  void close(const RunEnd& end);

  [[nodiscard]] const std::filesystem::path& path() const { return names_.final_path(); }
  [[nodiscard]] const std::filesystem::path& partial_path() const { return names_.partial_path(); }

 private:
  void start_rows(const RowLayout& layout);
  template <class Result>
  void require_place(const Result& result);
  void take(Pattern row);
  void write_waiting();
  void require_space() const;
  void write_end(const RunEnd& end);

  detail::PendingFile names_;
  hdf5::File file_;
  hdf5::Group entry_;
  hdf5::Group annulus_;
  detail::FrameLedger ledger_;
  detail::ReductionLog reductions_;
  std::optional<detail::ReducedColumns> columns_;
  hdf5::Dataset end_time_;
  hdf5::Dataset exit_status_;
  hdf5::Dataset reason_;
  hdf5::Dataset frames_by_state_;
  hdf5::Dataset ignored_readings_;
  FlushPolicy policy_;
  std::vector<detail::RowGroup> waiting_;
  std::size_t waiting_rows_ = 0;
  std::optional<double> waiting_since_;
  std::string broken_;  ///< why the last flush failed; empty when it did not
  std::uint64_t rows_ = 0;
};

}  // namespace annulus
