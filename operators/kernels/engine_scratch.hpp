// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
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
        digits_((frames > 1 ? frames_together : 1) * digits_size / line_size),
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

  /// Room for those of one frame or of frames_together.
  [[nodiscard]] std::uint16_t* digits() { return digits_.front().data(); }

 private:
  static constexpr std::size_t line_size = 32;
  struct alignas(64) Line : std::array<std::uint16_t, line_size> {};

  std::vector<Line> digits_;
  std::vector<OfFrame> frames_;
};

}  // namespace annulus
