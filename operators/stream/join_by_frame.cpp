// SPDX-License-Identifier: BSD-3-Clause
#include "operators/stream/join_by_frame.hpp"

namespace annulus {

void GapRanges::add(std::uint64_t first, std::uint64_t last, FrameState state) {
  if (!ranges_.empty() && ranges_.back().last + 1 == first && ranges_.back().state == state) {
    ranges_.back().last = last;
    return;
  }
  if (ranges_.size() == 1000) ranges_.erase(ranges_.begin());
  ranges_.push_back({first, last, state});
}

std::optional<FrameState> GapRanges::find(std::uint64_t number) const {
  const auto it = std::find_if(ranges_.rbegin(), ranges_.rend(),
                               [&](const Range& range) { return range.first <= number && number <= range.last; });
  return it == ranges_.rend() ? std::nullopt : std::optional(it->state);
}

bool GapRanges::covers(std::uint64_t first, std::uint64_t last) const {
  return std::any_of(ranges_.begin(), ranges_.end(),
                     [&](const Range& range) { return range.first <= first && last <= range.last; });
}

}  // namespace annulus
