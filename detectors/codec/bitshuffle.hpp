// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <span>

namespace annulus::codec {

/// Whether elements of that size can be bitshuffled here: 1, 2, 4 or 8 bytes.
[[nodiscard]] constexpr bool can_shuffle(std::size_t element_size) {
  return element_size == 1 || element_size == 2 || element_size == 4 || element_size == 8;
}

/// Sorts the bits of one block of n elements into planes: all bits 0 of the elements' first bytes, then all bits 1, and
/// so on to bit 7 of the last bytes; each plane has n / 8 bytes, and element i is bit i % 8 of byte i / 8. (Masui et
/// al., Astronomy and Computing 12 (2015) 181.) `in` and `out` have the same size, a multiple of 8 elements, and do not
/// overlap. Throws std::invalid_argument otherwise. The fastest instructions that the processor has are used; the
/// result never differs.
void bit_shuffle(std::span<const std::byte> in, std::size_t element_size, std::span<std::byte> out);

/// The inverse of bit_shuffle(), on the same conditions.
void bit_unshuffle(std::span<const std::byte> in, std::size_t element_size, std::span<std::byte> out);

/// The same in plain C++, which says what is right.
namespace scalar {
void bit_shuffle(std::span<const std::byte> in, std::size_t element_size, std::span<std::byte> out);
void bit_unshuffle(std::span<const std::byte> in, std::size_t element_size, std::span<std::byte> out);
}  // namespace scalar

}  // namespace annulus::codec
