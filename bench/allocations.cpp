// SPDX-License-Identifier: BSD-3-Clause
#include "bench/allocations.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

// In a file of its own: what is inlined elsewhere would be taken for a mismatch of new and free.

namespace {
std::atomic<std::uint64_t> allocations{0};
std::atomic<std::uint64_t> allocated_bytes{0};
std::atomic<bool> counting{false};
}  // namespace

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  if (counting.load(std::memory_order_relaxed)) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    allocated_bytes.fetch_add(size, std::memory_order_relaxed);
  }
  return std::malloc(size);
}
void* operator new(std::size_t size) {
  if (void* memory = operator new(size, std::nothrow)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace annulus {

CountAllocations::CountAllocations() noexcept {
  allocations = allocated_bytes = 0;
  counting = true;
}
CountAllocations::~CountAllocations() { counting = false; }
std::uint64_t CountAllocations::count() const noexcept { return allocations; }
std::uint64_t CountAllocations::bytes() const noexcept { return allocated_bytes; }

}  // namespace annulus
