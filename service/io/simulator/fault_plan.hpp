// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

namespace annulus {

/// What goes wrong in every series that a simulated detector sends. Frames are counted from 0.
struct Faults {
  std::set<std::uint64_t> lost;              ///< are never sent
  std::set<std::uint64_t> duplicated;        ///< are sent twice
  std::set<std::uint64_t> reordered;         ///< are sent behind the one that follows
  std::set<std::uint64_t> truncated;         ///< come with half of their packed pixels
  std::set<std::uint64_t> garbled;           ///< come with half of every part: nobody can read them
  std::optional<std::uint64_t> abort_after;  ///< the series ends early, after so many frames
  std::uint64_t strays = 0;   ///< so many frames of an aborted series come all the same, behind the next header
  std::uint64_t overlap = 0;  ///< the last so many frames, and the end, come behind the next series' header
  bool lost_header = false;
  bool lost_end = false;
};

enum class Damage : std::uint8_t { none, truncated, garbled };

/// A frame that is to be sent.
struct Sending {
  std::uint64_t frame = 0;
  Damage damage = Damage::none;
  friend bool operator==(const Sending&, const Sending&) = default;
};

/// Says frame by frame what a detector with faults sends in its place.
class FaultPlan final {
 public:
  explicit FaultPlan(const Faults& faults) : faults_(faults) {}

  /// What is sent when it is the turn of `frame`.
  [[nodiscard]] std::vector<Sending> turn(std::uint64_t frame);
  /// What is sent behind the last frame and the end of the series.
  [[nodiscard]] std::vector<Sending> rest();

 private:
  void send(std::uint64_t frame, std::vector<Sending>& out) const;

  Faults faults_;
  std::vector<std::uint64_t> held_;
};

}  // namespace annulus
