// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "operators/data/array.hpp"
#include "operators/data/value.hpp"

namespace annulus {

/// One 2D image of a run. Copying it copies pointers, never pixels.
struct Frame {
  std::uint64_t number = 0;  ///< position in the run, from 0
  double time = 0;           ///< when it was taken [s since 1970-01-01 UTC]
  Array pixels;              ///< (rows, cols) [counts]
  /// Other readings of the same event (motors, monitors), by data key; null when there are none.
  std::shared_ptr<const Dict> readings;

  [[nodiscard]] std::size_t rows() const { return pixels.shape().at(0); }
  [[nodiscard]] std::size_t cols() const { return pixels.shape().at(1); }
};

/// What became of a frame that was announced by the detector. The numbers are written to files and never change.
enum class FrameState : std::uint8_t {
  missing = 0,   ///< nothing is known of it: a file's fill value
  reduced = 1,   ///< its result is in the file
  lost = 2,      ///< announced, but it never arrived (a gap in the sequence numbers)
  rejected = 3,  ///< arrived, but its bytes, shape or type could not be used
  failed = 4,    ///< an operator raised an error on it
  dropped = 5,   ///< given up on purpose by an edge with a lossy overflow policy
  filtered = 6,  ///< left out by a filter operator
};

/// The name of a state: "reduced", "lost".
constexpr std::string_view name_of(FrameState state) noexcept {
  constexpr std::string_view names[] = {"missing", "reduced", "lost", "rejected", "failed", "dropped", "filtered"};
  return names[static_cast<std::size_t>(state)];
}

}  // namespace annulus
