// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "operators/data/pattern.hpp"

#include "detectors/hdf5/group.hpp"

namespace annulus::detail {

/// Consecutive rows of one state. Reduced rows carry their patterns (of cakes: row_of); the others are frames
/// `first` to `first + rows - 1`, all with one reason.
struct RowGroup {
  FrameState state = FrameState::missing;
  std::uint64_t first = 0;
  std::uint64_t rows = 0;
  std::string reason{};
  std::vector<Pattern> patterns{};
};

/// /entry/annulus/ledger (frame_number, frame_state of every row) and /entry/annulus/marks (why frames were
/// not reduced). A row of the ledger is written only after the row's data were flushed, so that its state proves them.
class FrameLedger final {
 public:
  /// Makes the tables below `annulus`. Throws IoError.
  explicit FrameLedger(hdf5::Group& annulus);

  /// Makes room for rows up to `rows`: state missing, frame number -1.
  void resize(std::size_t rows);
  /// Writes groups of rows from row `first` on and flushes. Doing it again after an error does no harm. Throws IoError.
  void write(std::size_t first, std::span<const RowGroup> groups);

  /// Rows written, by state.
  [[nodiscard]] const std::array<std::uint64_t, 7>& counts() const { return counts_; }

 private:
  void write_marks(std::span<const RowGroup> groups);

  hdf5::Dataset number_;
  hdf5::Dataset state_;
  hdf5::Dataset mark_first_;
  hdf5::Dataset mark_last_;
  hdf5::Dataset mark_state_;
  hdf5::Dataset mark_reason_;
  std::size_t marks_ = 0;
  std::array<std::uint64_t, 7> counts_{};
};

}  // namespace annulus::detail
