// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/simulator/fault_plan.hpp"

#include <utility>

namespace annulus {

std::vector<Sending> FaultPlan::turn(std::uint64_t frame) {
  std::vector<Sending> out;
  if (faults_.lost.contains(frame)) return out;
  if (faults_.reordered.contains(frame)) {
    held_.push_back(frame);
    return out;
  }
  send(frame, out);
  for (const std::uint64_t late : std::exchange(held_, {})) send(late, out);
  return out;
}

std::vector<Sending> FaultPlan::rest() {
  std::vector<Sending> out;
  for (const std::uint64_t late : std::exchange(held_, {})) send(late, out);
  return out;
}

void FaultPlan::send(std::uint64_t frame, std::vector<Sending>& out) const {
  const Damage damage = faults_.garbled.contains(frame)     ? Damage::garbled
                        : faults_.truncated.contains(frame) ? Damage::truncated
                                                            : Damage::none;
  out.push_back({frame, damage});
  if (faults_.duplicated.contains(frame)) out.push_back({frame, damage});
}

}  // namespace annulus
