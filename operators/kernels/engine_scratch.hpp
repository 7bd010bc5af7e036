// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "operators/kernels/fine_sums.hpp"
#include "operators/kernels/plan_sums.hpp"
#include "operators/kernels/tile_reader.hpp"
#include "operators/kernels/tile_sums.hpp"

namespace annulus {

/// What one thread needs to add up a frame, or several together. With `frames` 0, a frame whose sums are made bin by
/// bin.
class EngineScratch final {
 public:
  struct OfFrame {
    Spots bad;
    TileReader::Room room;

    void restart() {
      bad.clear();
      room.restart();
    }
  };

  EngineScratch(const Plan& plan, Wanted wanted, std::size_t frames)
      : sums(plan, wanted, frames),
        fine_sums(frames == 0 ? plan.bins() : 0),
        digits((frames > 1 ? frames_together : 1) * digits_size),
        rows((frames > 1 ? frames_together : 0) * plan.tiling().pitch()),
        frames_(frames > 1 ? frames_together : 1) {}

  void restart() {
    sums.clear();
    fine_sums.clear();
    for (OfFrame& frame : frames_) frame.restart();
  }
  [[nodiscard]] OfFrame& frame(std::size_t k) { return frames_[k]; }
  [[nodiscard]] const OfFrame& frame(std::size_t k) const { return frames_[k]; }

  PlanSums sums;
  FineSums fine_sums;
  std::vector<std::uint16_t> digits;
  std::vector<std::uint16_t> rows;  ///< of several frames, before they are laid side by side

 private:
  std::vector<OfFrame> frames_;
};

}  // namespace annulus
