// SPDX-License-Identifier: BSD-3-Clause
#include "bench/allocations.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

// In a file of its own: what is inlined elsewhere would be taken for a mismatch of new and free.

namespace {
std::atomic<std::uint64_t> allocations{0};
std::atomic<bool> counting{false};
}  // namespace

void* operator new(std::size_t size) {
  if (counting.load(std::memory_order_relaxed)) allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace annulus {

CountAllocations::CountAllocations() noexcept {
  allocations = 0;
  counting = true;
}
CountAllocations::~CountAllocations() { counting = false; }
std::uint64_t CountAllocations::count() const noexcept { return allocations; }

}  // namespace annulus
