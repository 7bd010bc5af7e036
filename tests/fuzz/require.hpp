// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdlib>

#include "bench/allocations.hpp"

namespace annulus::fuzz {

/// Ends the program when something that must hold does not: the fuzzer keeps the input.
inline void require(bool holds) {
  if (!holds) std::abort();
}

/// The result of `decode()`, which may ask for no more memory than `size` bytes of input justify: a byte can stand for
/// a value, which takes some 70 bytes and lies in containers that grow; a short message that refers to its own parts
/// may unpack to what a budget (detectors/bluesky/limits.hpp) allows.
template <class Decode>
auto with_justified_memory(std::size_t size, Decode&& decode) {
  const CountAllocations allocations;
  auto result = decode();
  require(allocations.bytes() <= (std::size_t{16} << 20U) + 512 * size);
  return result;
}

}  // namespace annulus::fuzz
