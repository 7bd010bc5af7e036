// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <new>
#include <utility>
#include <vector>

#include <sys/mman.h>

namespace annulus {

/// Memory in large pages, where the system has them: fresh memory of small ones costs an interruption for every 4096
/// bytes. Elements that are not given a value have none.
template <class T>
struct LargeAllocator {
  using value_type = T;

  LargeAllocator() = default;
  template <class U>
  explicit(false) LargeAllocator(const LargeAllocator<U>& /*other*/) noexcept {}

  [[nodiscard]] T* allocate(std::size_t n) {
    const std::size_t bytes = n * sizeof(T);
    if (bytes < page) return static_cast<T*>(::operator new(bytes));
    void* const at = ::operator new(bytes, std::align_val_t{page});
    ::madvise(at, bytes, MADV_HUGEPAGE);  // advice: that it is not taken is no error
    return static_cast<T*>(at);
  }
  void deallocate(T* at, std::size_t n) noexcept {
    if (n * sizeof(T) < page) {
      ::operator delete(at);
    } else {
      ::operator delete(at, std::align_val_t{page});
    }
  }

  template <class U>
  void construct(U* at) noexcept {
    ::new (static_cast<void*>(at)) U;
  }
  template <class U, class... Args>
  void construct(U* at, Args&&... args) {
    ::new (static_cast<void*>(at)) U(std::forward<Args>(args)...);
  }

  friend bool operator==(const LargeAllocator& /*a*/, const LargeAllocator& /*b*/) noexcept { return true; }

 private:
  static constexpr std::size_t page = std::size_t{2} << 20;
};

/// A vector of numbers that may be many; resize() leaves the new ones without a value.
template <class T>
using LargeVector = std::vector<T, LargeAllocator<T>>;

}  // namespace annulus
