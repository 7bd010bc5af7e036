// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

namespace annulus {

/// Counts calls of operator new, in all threads, while it lives.
class CountAllocations {
 public:
  CountAllocations() noexcept;
  ~CountAllocations();
  CountAllocations(const CountAllocations&) = delete;
  CountAllocations& operator=(const CountAllocations&) = delete;
  [[nodiscard]] std::uint64_t count() const noexcept;
};

}  // namespace annulus
