// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

namespace annulus {

/// Counts calls of operator new and the bytes they ask for, in all threads, while it lives. One at a time.
class CountAllocations {
 public:
  CountAllocations() noexcept;
  ~CountAllocations();
  CountAllocations(const CountAllocations&) = delete;
  CountAllocations& operator=(const CountAllocations&) = delete;
  [[nodiscard]] std::uint64_t count() const noexcept;
  [[nodiscard]] std::uint64_t bytes() const noexcept;
};

}  // namespace annulus
