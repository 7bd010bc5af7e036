// SPDX-License-Identifier: BSD-3-Clause
#include <cstdint>

#include "detectors/codec/bitshuffle.hpp"

namespace annulus::codec::scalar {
namespace {

/// Transposes 8 x 8 bits: bit c of byte r becomes bit r of byte c. Three exchanges, of single bits, of squares of 2 x
/// 2, and of squares of 4 x 4 bits.
std::uint64_t transpose(std::uint64_t bits) {
  const auto exchange = [&bits](int distance, std::uint64_t mask) {
    const std::uint64_t differ = (bits ^ (bits >> distance)) & mask;
    bits ^= differ ^ (differ << distance);
  };
  exchange(7, 0x00AA00AA00AA00AA);
  exchange(14, 0x0000CCCC0000CCCC);
  exchange(28, 0x00000000F0F0F0F0);
  return bits;
}

/// Transposes the 8 bytes that lie `in_stride` apart into 8 bytes that are `out_stride` apart.
void transpose(const std::byte* in, std::size_t in_stride, std::byte* out, std::size_t out_stride) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < 8; ++i) bits |= std::to_integer<std::uint64_t>(in[i * in_stride]) << (8 * i);
  bits = transpose(bits);
  for (std::size_t i = 0; i < 8; ++i) out[i * out_stride] = static_cast<std::byte>(bits >> (8 * i));
}

/// Calls f(place of the first of 8 elements' byte, place in its lowest plane, bytes of a plane) for every byte of 8
/// elements.
template <class F>
void for_each_square(std::size_t size, std::size_t element_size, F&& f) {
  const std::size_t plane = size / (8 * element_size);
  for (std::size_t byte = 0; byte < element_size; ++byte) {
    for (std::size_t k = 0; k < plane; ++k) f(8 * k * element_size + byte, 8 * byte * plane + k, plane);
  }
}

}  // namespace

void bit_shuffle(std::span<const std::byte> in, std::size_t element_size, std::span<std::byte> out) {
  for_each_square(in.size(), element_size, [&](std::size_t element, std::size_t bit, std::size_t plane) {
    transpose(in.data() + element, element_size, out.data() + bit, plane);
  });
}

void bit_unshuffle(std::span<const std::byte> in, std::size_t element_size, std::span<std::byte> out) {
  for_each_square(in.size(), element_size, [&](std::size_t element, std::size_t bit, std::size_t plane) {
    transpose(in.data() + bit, plane, out.data() + element, element_size);
  });
}

}  // namespace annulus::codec::scalar
