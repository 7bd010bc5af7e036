// SPDX-License-Identifier: BSD-3-Clause
// Compiled once for each instruction set (Highway); the processor's best one is chosen when the program runs.
#include "detectors/codec/bitshuffle.hpp"

#include <stdexcept>

// Vectors without a size at compile time cannot be kept in arrays; SSSE3 alone is of no use beside SSE4.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "detectors/codec/bitshuffle.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

// Unrolled loops keep their vectors in registers. Sanitizers would take minutes to compile them.
#undef ANNULUS_UNROLL
#ifdef NDEBUG
#define ANNULUS_UNROLL HWY_UNROLL(64)
#else
#define ANNULUS_UNROLL
#endif

HWY_BEFORE_NAMESPACE();
namespace annulus::codec::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR

void shuffle(std::span<const std::byte> in, std::size_t size, std::span<std::byte> out) {
  scalar::bit_shuffle(in, size, out);
}
void unshuffle(std::span<const std::byte> in, std::size_t size, std::span<std::byte> out) {
  scalar::bit_unshuffle(in, size, out);
}

#else

namespace hn = hwy::HWY_NAMESPACE;

// Up to 32 bytes: wider vectors need more instructions to sort their 16-byte blocks.
using Bytes = hn::CappedTag<std::uint8_t, 32>;
constexpr Bytes bytes;
constexpr std::size_t width = hn::MaxLanes(bytes);
using Vector = hn::VFromD<Bytes>;

HWY_INLINE Vector load(const std::byte* from) { return hn::LoadU(bytes, reinterpret_cast<const std::uint8_t*>(from)); }
HWY_INLINE void store(Vector v, std::byte* to) { hn::StoreU(v, bytes, reinterpret_cast<std::uint8_t*>(to)); }

/// Exchanges the bits i + d of `low` and i of `high`, for every i whose bit d is 0.
template <int d>
HWY_INLINE void exchange(Vector& low, Vector& high) {
  constexpr hn::Repartition<std::uint64_t, Bytes> words;
  const auto mask = hn::Set(bytes, d == 1 ? 0x55 : d == 2 ? 0x33 : 0x0F);
  const auto down = hn::BitCast(bytes, hn::ShiftRight<d>(hn::BitCast(words, low)));
#if HWY_TARGET <= HWY_AVX3
  // One instruction selects bits here, which saves a tenth of the whole time.
  const auto up = hn::BitCast(bytes, hn::ShiftLeft<d>(hn::BitCast(words, high)));
  low = hn::IfVecThenElse(mask, low, up);
  high = hn::IfVecThenElse(mask, down, high);
#else
  const auto differ = hn::And(hn::Xor(down, high), mask);
  high = hn::Xor(high, differ);
  low = hn::Xor(low, hn::BitCast(bytes, hn::ShiftLeft<d>(hn::BitCast(words, differ))));
#endif
}

/// Transposes the 8 x 8 bits that lie at the same place of 8 vectors, `stride` apart.
template <std::size_t stride>
HWY_INLINE void transpose_bits(Vector* v) {
  ANNULUS_UNROLL
  for (std::size_t i = 0; i < 4; ++i) exchange<4>(v[i * stride], v[(i + 4) * stride]);
  ANNULUS_UNROLL
  for (std::size_t i = 0; i < 4; ++i) exchange<2>(v[(i + i / 2 * 2) * stride], v[(i + i / 2 * 2 + 2) * stride]);
  ANNULUS_UNROLL
  for (std::size_t i = 0; i < 4; ++i) exchange<1>(v[2 * i * stride], v[(2 * i + 1) * stride]);
}

/// In every 16-byte block: takes the bytes of all `count` vectors as one sequence and interleaves its halves, `times`
/// times. Each time rotates the bits of a byte's place in that sequence to the left by one.
template <std::size_t count, int times>
HWY_INLINE void interleave(Vector* v) {
  for (int time = 0; time < times; ++time) {
    Vector mixed[count];
    ANNULUS_UNROLL
    for (std::size_t i = 0; i < count / 2; ++i) {
      mixed[2 * i] = hn::InterleaveLower(bytes, v[i], v[i + count / 2]);
      mixed[2 * i + 1] = hn::InterleaveUpper(bytes, v[i], v[i + count / 2]);
    }
    ANNULUS_UNROLL
    for (std::size_t i = 0; i < count; ++i) v[i] = mixed[i];
  }
}

constexpr int log2(std::size_t n) { return n == 1 ? 0 : 1 + log2(n / 2); }

/// `width` bytes of each plane to 8 * width elements of `size` bytes. A byte's place in the 16-byte blocks of 8 vectors
/// turns from (element % 8, element / 8) into (element / 8, element % 8), and then in all vectors from (byte, element)
/// into (element, byte).
template <std::size_t size>
HWY_INLINE void unshuffle_strip(const std::byte* in, std::size_t plane, std::byte* out) {
  constexpr std::size_t count = 8 * size;
  Vector v[count];
  ANNULUS_UNROLL
  for (std::size_t byte = 0; byte < size; ++byte) {
    Vector any = hn::Zero(bytes);
    ANNULUS_UNROLL
    for (std::size_t i = 8 * byte; i < 8 * byte + 8; ++i) {
      v[i] = load(in + i * plane);
      any = hn::Or(any, v[i]);
    }
    // Counts are small: in most images only the first byte has bits at all.
    if (hn::AllTrue(bytes, hn::Eq(any, hn::Zero(bytes)))) continue;
    transpose_bits<1>(v + 8 * byte);
    interleave<8, 3>(v + 8 * byte);
  }
  interleave<count, log2(size)>(v);
  if constexpr (width == 16) {
    ANNULUS_UNROLL
    for (std::size_t i = 0; i < count; ++i) store(v[i], out + 16 * i);
  } else {
    ANNULUS_UNROLL
    for (std::size_t i = 0; i < count / 2; ++i) {
      store(hn::ConcatLowerLower(bytes, v[2 * i + 1], v[2 * i]), out + 32 * i);
      store(hn::ConcatUpperUpper(bytes, v[2 * i + 1], v[2 * i]), out + 16 * count + 32 * i);
    }
  }
}

/// The other way. From (element, byte) the four rotations lead to (element % 8, byte, element / 8).
template <std::size_t size>
HWY_INLINE void shuffle_strip(const std::byte* in, std::size_t plane, std::byte* out) {
  constexpr std::size_t count = 8 * size;
  Vector v[count];
  if constexpr (width == 16) {
    ANNULUS_UNROLL
    for (std::size_t i = 0; i < count; ++i) v[i] = load(in + 16 * i);
  } else {
    ANNULUS_UNROLL
    for (std::size_t i = 0; i < count / 2; ++i) {
      const auto low = load(in + 32 * i);
      const auto high = load(in + 16 * count + 32 * i);
      v[2 * i] = hn::ConcatLowerLower(bytes, high, low);
      v[2 * i + 1] = hn::ConcatUpperUpper(bytes, high, low);
    }
  }
  interleave<count, 4>(v);
  ANNULUS_UNROLL
  for (std::size_t byte = 0; byte < size; ++byte) {
    transpose_bits<size>(v + byte);
    ANNULUS_UNROLL
    for (std::size_t bit = 0; bit < 8; ++bit) store(v[bit * size + byte], out + (8 * byte + bit) * plane);
  }
}

/// Calls f(k) so that the strips of `width` bytes from each k cover a plane; the last may overlap the one before it.
template <class F>
HWY_INLINE void for_each_strip(std::size_t plane, F&& f) {
  for (std::size_t k = 0; k + width <= plane; k += width) f(k);
  if (plane % width != 0) f(plane - width);
}

template <std::size_t size>
void shuffle_block(const std::byte* in, std::size_t plane, std::byte* out) {
  for_each_strip(plane, [&](std::size_t k) HWY_ATTR { shuffle_strip<size>(in + 8 * size * k, plane, out + k); });
}
template <std::size_t size>
void unshuffle_block(const std::byte* in, std::size_t plane, std::byte* out) {
  for_each_strip(plane, [&](std::size_t k) HWY_ATTR { unshuffle_strip<size>(in + k, plane, out + 8 * size * k); });
}

void shuffle(std::span<const std::byte> in, std::size_t size, std::span<std::byte> out) {
  const std::size_t plane = in.size() / (8 * size);
  if (plane < width) return scalar::bit_shuffle(in, size, out);
  switch (size) {
    case 1: return shuffle_block<1>(in.data(), plane, out.data());
    case 2: return shuffle_block<2>(in.data(), plane, out.data());
    case 4: return shuffle_block<4>(in.data(), plane, out.data());
    default: return shuffle_block<8>(in.data(), plane, out.data());
  }
}
void unshuffle(std::span<const std::byte> in, std::size_t size, std::span<std::byte> out) {
  const std::size_t plane = in.size() / (8 * size);
  if (plane < width) return scalar::bit_unshuffle(in, size, out);
  switch (size) {
    case 1: return unshuffle_block<1>(in.data(), plane, out.data());
    case 2: return unshuffle_block<2>(in.data(), plane, out.data());
    case 4: return unshuffle_block<4>(in.data(), plane, out.data());
    default: return unshuffle_block<8>(in.data(), plane, out.data());
  }
}

#endif

}  // namespace annulus::codec::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace annulus::codec {
namespace {

HWY_EXPORT(shuffle);
HWY_EXPORT(unshuffle);

void check(std::size_t in, std::size_t element_size, std::size_t out) {
  if (!can_shuffle(element_size) || in != out || in % (8 * element_size) != 0) {
    throw std::invalid_argument(
        "bitshuffle: blocks are equally large and hold a multiple of 8 elements of 1, 2, 4 or 8 bytes");
  }
}

}  // namespace

void bit_shuffle(std::span<const std::byte> in, std::size_t element_size, std::span<std::byte> out) {
  check(in.size(), element_size, out.size());
  HWY_DYNAMIC_DISPATCH(shuffle)(in, element_size, out);
}

void bit_unshuffle(std::span<const std::byte> in, std::size_t element_size, std::span<std::byte> out) {
  check(in.size(), element_size, out.size());
  HWY_DYNAMIC_DISPATCH(unshuffle)(in, element_size, out);
}

}  // namespace annulus::codec
#endif
