// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "operators/kernels/bin_major.hpp"
#include "operators/kernels/parallel.hpp"

namespace annulus {

/// Room for the work of threads on the bins of images: made once, and lent.
template <class Room>
class Rooms final {
 public:
  [[nodiscard]] std::unique_ptr<Room> take(const BinMajor& pixels) {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return std::make_unique<Room>(pixels);
    std::unique_ptr<Room> room = std::move(free_.back());
    free_.pop_back();
    return room;
  }
  void give_back(std::unique_ptr<Room> room) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(room));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Room>> free_;
};

/// Calls f(group, room) for every group of bins, each member of the team with a room of its own. `f` must not throw.
template <class Room, class F>
void for_each_group(Team& team, const BinMajor& pixels, Rooms<Room>& rooms, const F& f) {
  std::vector<std::unique_ptr<Room>> taken;
  for (std::size_t member = 0; member < team.members(); ++member) taken.push_back(rooms.take(pixels));
  std::atomic<std::size_t> next{0};
  team.run([&](std::size_t member) {
    for (std::size_t group = next++; group < pixels.groups(); group = next++) f(group, *taken[member]);
  });
  for (auto& room : taken) rooms.give_back(std::move(room));
}

}  // namespace annulus
