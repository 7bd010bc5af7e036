// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "operators/data/frame.hpp"

namespace annulus {

/// Where a run stands, or all runs together: put together by asking the nodes that know.
struct RunProgress {
  std::string uid;      ///< empty: no run yet
  std::string scan_id;  ///< empty when the start document has none
  std::string title;    ///< what the start document calls the run
  double started = 0;   ///< [s since 1970-01-01 UTC]
  double stopped = 0;   ///< [s since 1970-01-01 UTC]
  std::string outcome;  ///< exit status; empty while the run goes on
  std::string file;     ///< being written, or written last
  std::uint64_t runs = 0;
  std::uint64_t received = 0;               ///< frames that arrived
  std::uint64_t reduced = 0;                ///< frames with a result
  std::uint64_t written = 0;                ///< rows flushed to a file
  std::uint64_t published = 0;              ///< results sent out as documents
  std::array<std::uint64_t, 7> by_state{};  ///< frames without a result, by FrameState

  [[nodiscard]] std::uint64_t& of(FrameState state) { return by_state.at(static_cast<std::size_t>(state)); }

  /// Takes in what another node knows of the same frames: every number is the largest that any node has counted.
  void merge(const RunProgress& other) {
    runs = std::max(runs, other.runs);
    received = std::max(received, other.received);
    reduced = std::max(reduced, other.reduced);
    written = std::max(written, other.written);
    published = std::max(published, other.published);
    for (std::size_t i = 0; i < by_state.size(); ++i) by_state[i] = std::max(by_state[i], other.by_state[i]);
    if (file.empty()) file = other.file;
  }
};

/// What one node knows of the newest run and of all runs together. Thread-safe.
class ProgressBook {
 public:
  /// A run has begun.
  void begin(RunProgress run) {
    const std::lock_guard lock(mutex_);
    newest_ = std::move(run);
    ++all_.runs;
  }
  /// Applies f to the totals, and to the newest run if that is `uid`.
  template <class F>
  void update(std::string_view uid, F&& f) {
    const std::lock_guard lock(mutex_);
    f(all_);
    if (newest_.uid == uid) f(newest_);
  }
  [[nodiscard]] RunProgress newest() const {
    const std::lock_guard lock(mutex_);
    return newest_;
  }
  [[nodiscard]] RunProgress all() const {
    const std::lock_guard lock(mutex_);
    return all_;
  }

 private:
  mutable std::mutex mutex_;
  RunProgress newest_;
  RunProgress all_;
};

/// Implemented by nodes that know a part of the runs' progress.
class ReportsProgress {
 public:
  virtual ~ReportsProgress() = default;
  [[nodiscard]] virtual const ProgressBook& progress() const = 0;
};

}  // namespace annulus
