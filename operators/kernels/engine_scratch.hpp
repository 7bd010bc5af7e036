// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "operators/kernels/plan_sums.hpp"
#include "operators/kernels/tile_reader.hpp"
#include "operators/kernels/tile_sums.hpp"

namespace annulus {

/// What one thread needs to add up a frame, or several together.
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
        digits((frames == 1 ? 1 : frames_together) * digits_size),
        rows((frames == 1 ? 0 : frames_together) * plan.tiling().pitch()),
        frames_(frames == 1 ? 1 : frames_together) {}

  void restart() {
    sums.clear();
    for (OfFrame& frame : frames_) frame.restart();
  }
  [[nodiscard]] OfFrame& frame(std::size_t k) { return frames_[k]; }
  [[nodiscard]] const OfFrame& frame(std::size_t k) const { return frames_[k]; }

  PlanSums sums;
  std::vector<std::uint16_t> digits;
  std::vector<std::uint16_t> rows;  ///< of several frames, before they are laid side by side

 private:
  std::vector<OfFrame> frames_;
};

/// Makes scratches when they are needed, and lends them again and again.
class ScratchPool final {
 public:
  ScratchPool(const Plan& plan, Wanted wanted, std::size_t frames) : plan_(plan), wanted_(wanted), frames_(frames) {}

  /// Scratches for the members of a team, given back at the end.
  class Lease final {
   public:
    Lease(ScratchPool& pool, std::size_t count) : pool_(pool) {
      for (std::size_t i = 0; i < count; ++i) scratches_.push_back(pool.take());
    }
    ~Lease() {
      const std::lock_guard lock(pool_.mutex_);
      for (auto& scratch : scratches_) pool_.free_.push_back(std::move(scratch));
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    [[nodiscard]] EngineScratch& operator[](std::size_t k) { return *scratches_[k]; }
    [[nodiscard]] const EngineScratch& operator[](std::size_t k) const { return *scratches_[k]; }
    [[nodiscard]] std::size_t size() const { return scratches_.size(); }

   private:
    ScratchPool& pool_;
    std::vector<std::unique_ptr<EngineScratch>> scratches_;
  };

 private:
  std::unique_ptr<EngineScratch> take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return std::make_unique<EngineScratch>(plan_, wanted_, frames_);
    std::unique_ptr<EngineScratch> scratch = std::move(free_.back());
    free_.pop_back();
    return scratch;
  }

  const Plan& plan_;
  Wanted wanted_;
  std::size_t frames_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<EngineScratch>> free_;  // guarded by mutex_
};

}  // namespace annulus
