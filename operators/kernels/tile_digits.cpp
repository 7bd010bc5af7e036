// SPDX-License-Identifier: BSD-3-Clause
// Compiled once for each instruction set (Highway); the processor's best one is chosen when the program runs.
#include "operators/kernels/tile_digits.hpp"

#include <algorithm>
#include <array>

#include "operators/data/array.hpp"

#include "operators/kernels/ahead.hpp"

// Vectors without a size at compile time cannot be kept in arrays.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "operators/kernels/tile_digits.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace annulus::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Pixels are looked at as unsigned numbers of 2 or 4 bytes; negative ones have the highest bit.
template <class T>
using Word = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint16_t>;

template <class T, class D>
HWY_INLINE hn::VFromD<D> load_words(D d, const std::byte* at) {
  if constexpr (sizeof(T) > 1) {
    return hn::LoadU(d, reinterpret_cast<const Word<T>*>(at));
  } else {
    const hn::Rebind<T, D> narrow;
    const hn::Rebind<std::conditional_t<std::is_signed_v<T>, std::int16_t, std::uint16_t>, D> wide;
    return hn::BitCast(d, hn::PromoteTo(wide, hn::LoadU(narrow, reinterpret_cast<const T*>(at))));
  }
}

/// The first `count` words, fewer than a vector has, and zeros.
template <class T, class D>
HWY_INLINE hn::VFromD<D> load_some_words(D d, const std::byte* at, std::size_t count) {
  HWY_ALIGN std::byte words[sizeof(T) * hn::MaxLanes(d)] = {};
  std::copy_n(at, sizeof(T) * count, words);
  return load_words<T>(d, words);
}

/// What has been seen of a tile's pixels; which pixel, does not matter.
template <class T>
struct Seen {
  using W = Word<T>;
  using D = hn::ScalableTag<W>;
  hn::VFromD<D> bits;   ///< of those that are measured
  hn::VFromD<D> least;  ///< the least distance from the first bad value upwards

  HWY_INLINE Seen() : bits(hn::Zero(D())), least(hn::Set(D(), static_cast<W>(-1))) {}

  HWY_INLINE TileContent content(const BadRange& bad) const {
    constexpr D d;
    HWY_ALIGN W all_bits[hn::MaxLanes(d)];
    HWY_ALIGN W all_least[hn::MaxLanes(d)];
    hn::Store(bits, d, all_bits);
    hn::Store(least, d, all_least);
    TileContent content;
    for (const W word : all_bits) content.bits |= word;
    content.any_bad = bad.first <= bad.last && *std::ranges::min_element(all_least) <= bad.last - bad.first;
    content.any_negative = std::is_signed_v<T> && (content.bits >> (8 * sizeof(W) - 1)) != 0;
    return content;
  }
};

/// Whole vectors of digits are written, also behind the row's last pixel.
template <class T>
HWY_INLINE void take_row(const std::byte* bytes, std::size_t count, const BadRange& bad, int digit, Seen<T>& seen,
                         std::uint16_t* HWY_RESTRICT out) {
  using W = Word<T>;
  constexpr typename Seen<T>::D d;
  // v is bad when v - first, which wraps around, is at most what last - first is.
  const bool has_bad = bad.first <= bad.last;
  const auto first = hn::Set(d, static_cast<W>(bad.first));
  const auto reach = hn::Set(d, static_cast<W>(bad.last - bad.first));
  const int shift = digit_bits * digit;
  const auto zero = hn::Set(d, static_cast<W>(digit == 0 ? zero_flag | 1 : 0));
  auto bits = seen.bits;
  auto least = seen.least;
  for (std::size_t i = 0; i < count; i += hn::Lanes(d)) {
    const auto* at = bytes + i * sizeof(T);
    const auto v = i + hn::Lanes(d) <= count ? load_words<T>(d, at) : load_some_words<T>(d, at, count - i);
    auto digits = hn::And(digit == 0 ? v : hn::ShiftRightSame(v, shift), hn::Set(d, (1 << digit_bits) - 1));
    digits = hn::IfThenElse(hn::Eq(v, hn::Zero(d)), zero, digits);
    if (has_bad) {
      const auto beyond = hn::Sub(v, first);
      const auto is_good = hn::Gt(beyond, reach);
      digits = hn::IfThenElseZero(is_good, digits);
      bits = hn::IfThenElse(is_good, hn::Or(bits, v), bits);
      least = hn::Min(least, beyond);
    } else {
      bits = hn::Or(bits, v);
    }
    if constexpr (sizeof(W) == 2) {
      hn::StoreU(digits, d, out + i);
    } else {
      const hn::Rebind<std::uint16_t, decltype(d)> narrow;
      hn::StoreU(hn::TruncateTo(narrow, digits), narrow, out + i);
    }
  }
  seen.bits = bits;
  seen.least = least;
}

template <class T>
HWY_ATTR TileContent take(const TilePixels& pixels, const BadRange& bad, int digit, std::size_t pitch,
                          std::uint16_t* out) {
  Seen<T> seen;
  for (std::size_t row = 0; row < pixels.rows; ++row) {
    take_row<T>(pixels.row(row), pixels.cols, bad, digit, seen, out + row * pitch);
  }
  return seen.content(bad);
}

/// Pixels of all frames that are taken in one go.
#if HWY_TARGET == HWY_SCALAR
constexpr std::size_t block = 32;

void lay_side_by_side(const std::uint16_t* in, std::uint16_t* out) {
  for (std::size_t i = 0; i < block; ++i) {
    for (std::size_t k = 0; k < frames_together; ++k) out[digit_at(i, k)] = in[k * block + i];
  }
}

#else
using U16 = hn::CappedTag<std::uint16_t, 32>;
constexpr U16 u16;
constexpr std::size_t block = hn::MaxLanes(u16);
using V = hn::VFromD<U16>;

/// Rows of 4 x 4 pairs of numbers, in every 16 bytes, become columns.
HWY_INLINE void transpose_pairs(V* HWY_RESTRICT v) {
  constexpr hn::Repartition<std::uint32_t, U16> u32;
  constexpr hn::Repartition<std::uint64_t, U16> u64;
  const auto pairs = [&](V x) HWY_ATTR { return hn::BitCast(u32, x); };
  const auto two = [&](auto x) HWY_ATTR { return hn::BitCast(u64, x); };
  const auto a = two(hn::InterleaveLower(u32, pairs(v[0]), pairs(v[1])));
  const auto b = two(hn::InterleaveUpper(u32, pairs(v[0]), pairs(v[1])));
  const auto c = two(hn::InterleaveLower(u32, pairs(v[2]), pairs(v[3])));
  const auto d = two(hn::InterleaveUpper(u32, pairs(v[2]), pairs(v[3])));
  v[0] = hn::BitCast(u16, hn::InterleaveLower(u64, a, c));
  v[1] = hn::BitCast(u16, hn::InterleaveUpper(u64, a, c));
  v[2] = hn::BitCast(u16, hn::InterleaveLower(u64, b, d));
  v[3] = hn::BitCast(u16, hn::InterleaveUpper(u64, b, d));
}

/// Writes the first 16 bytes of four vectors one after the other, and the next ones `stride` numbers on.
HWY_INLINE void store_columns(const V* HWY_RESTRICT v, std::size_t stride, std::uint16_t* HWY_RESTRICT out) {
#if HWY_TARGET <= HWY_AVX3
  const auto halves = [](V x, V y, auto which) HWY_ATTR { return _mm512_shuffle_i32x4(x.raw, y.raw, which()); };
  constexpr std::integral_constant<int, 0x44> lower;
  constexpr std::integral_constant<int, 0xEE> upper;
  constexpr std::integral_constant<int, 0x88> even;
  constexpr std::integral_constant<int, 0xDD> odd;
  const V low[2] = {V{halves(v[0], v[1], lower)}, V{halves(v[2], v[3], lower)}};
  const V high[2] = {V{halves(v[0], v[1], upper)}, V{halves(v[2], v[3], upper)}};
  hn::StoreU(V{halves(low[0], low[1], even)}, u16, out);
  hn::StoreU(V{halves(low[0], low[1], odd)}, u16, out + stride);
  hn::StoreU(V{halves(high[0], high[1], even)}, u16, out + 2 * stride);
  hn::StoreU(V{halves(high[0], high[1], odd)}, u16, out + 3 * stride);
#else
  constexpr hn::FixedTag<std::uint16_t, 8> eight;
  for (std::size_t k = 0; k < 4; ++k) {
    HWY_ALIGN std::uint16_t numbers[block];
    hn::Store(v[k], u16, numbers);
    for (std::size_t i = 0; i < block; i += 8) {
      hn::StoreU(hn::Load(eight, numbers + i), eight, out + stride * (i / 8) + 8 * k);
    }
  }
#endif
}

/// Lays the digits of `block` pixels of all frames side by side.
HWY_INLINE void lay_side_by_side(V (&v)[frames_together], std::uint16_t* HWY_RESTRICT out) {
  for (std::size_t k = 0; k < frames_together; k += 4) transpose_pairs(v + k);
  for (std::size_t pair = 0; pair < 4; ++pair) {
    const V of_pair[4] = {v[pair], v[4 + pair], v[8 + pair], v[12 + pair]};
    store_columns(of_pair, 8 * frames_together, out + 2 * frames_together * pair);
  }
}

HWY_INLINE void lay_side_by_side(const std::uint16_t* in, std::uint16_t* HWY_RESTRICT out) {
  V v[frames_together];
  for (std::size_t k = 0; k < frames_together; ++k) v[k] = hn::LoadU(u16, in + k * block);
  lay_side_by_side(v, out);
}

/// Takes the digits of `block` pixels, unless one of any frame is bad or negative: then returns false. `largest`: of
/// all pixels that were taken.
template <class T>
HWY_INLINE bool take_good(std::span<const TilePixels> frames, std::size_t row, std::size_t first, const BadRange& bad,
                          int digit, V& largest, std::uint16_t* HWY_RESTRICT out) {
  const bool has_bad = bad.first <= bad.last;
  const auto least_bad = static_cast<std::uint16_t>(bad.first);
  if (has_bad && least_bad == 0) return false;
  std::uint16_t highest = std::is_signed_v<T> ? INT16_MAX : UINT16_MAX;
  if (has_bad) highest = std::min<std::uint16_t>(highest, least_bad - 1);
  V v[frames_together];
  V most = largest;
  for (std::size_t k = 0; k < frames_together; ++k) {
    v[k] = k < frames.size() ? load_words<T>(u16, frames[k].row(row) + first * sizeof(T)) : hn::Zero(u16);
    most = hn::Max(most, v[k]);
  }
  if (!hn::AllFalse(u16, hn::Gt(most, hn::Set(u16, highest)))) return false;
  largest = most;
  const auto digits = hn::Set(u16, (1 << digit_bits) - 1);
  const int shift = digit_bits * digit;
  for (std::size_t k = 0; k < frames.size(); ++k) {
    if (digit == 0) {
      const V is_zero = hn::SaturatedSub(hn::Set(u16, 1), v[k]);
      v[k] = hn::Or(hn::Or(hn::And(v[k], digits), is_zero), hn::ShiftLeft<15>(is_zero));
    } else {
      v[k] = hn::And(hn::ShiftRightSame(v[k], shift), digits);
    }
  }
  lay_side_by_side(v, out);
  return true;
}
static_assert(zero_flag == 1 << 15);

HWY_INLINE std::uint16_t largest_of(V v) { return hn::GetLane(hn::MaxOfLanes(u16, v)); }
#endif

template <class T>
HWY_ATTR void take_all(std::span<const TilePixels> frames, const BadRange& bad, int digit, std::size_t pitch,
                       Ahead& ahead, std::span<TileContent> contents, std::uint16_t* out) {
  Seen<T> seen[frames_together];
  HWY_ALIGN std::uint16_t scratch[frames_together * block] = {};
#if HWY_TARGET != HWY_SCALAR
  V largest = hn::Zero(u16);
#endif
  for (std::size_t row = 0; row < frames[0].rows; ++row) {
    for (std::size_t first = 0; first < frames[0].cols; first += block) {
      ahead.fetch();
      std::uint16_t* to = out + digit_at(row * pitch + first, 0);
      const std::size_t count = std::min(block, frames[0].cols - first);
#if HWY_TARGET != HWY_SCALAR
      if constexpr (sizeof(T) <= sizeof(std::uint16_t)) {
        if (count == block && take_good<T>(frames, row, first, bad, digit, largest, to)) continue;
      }
#endif
      for (std::size_t k = 0; k < frames.size(); ++k) {
        take_row<T>(frames[k].row(row) + first * sizeof(T), count, bad, digit, seen[k], scratch + k * block);
      }
      lay_side_by_side(scratch, to);
    }
  }
  for (std::size_t k = 0; k < frames.size(); ++k) {
    contents[k] = seen[k].content(bad);
#if HWY_TARGET != HWY_SCALAR
    contents[k].bits |= largest_of(largest);
#endif
  }
}

/// Calls f(a number of the type).
template <class F>
void visit_integer(DType dtype, const F& f) {
  switch (dtype) {
    case DType::u8: return f(std::uint8_t{});
    case DType::i8: return f(std::int8_t{});
    case DType::u16: return f(std::uint16_t{});
    case DType::i16: return f(std::int16_t{});
    case DType::i32: return f(std::int32_t{});
    default: return f(std::uint32_t{});
  }
}

TileContent take_any(const TilePixels& pixels, const BadRange& bad, int digit, std::size_t pitch, std::uint16_t* out) {
  TileContent content;
  visit_integer(pixels.dtype, [&](auto tag) { content = take<decltype(tag)>(pixels, bad, digit, pitch, out); });
  return content;
}

void take_many(std::span<const TilePixels> frames, const BadRange& bad, int digit, std::size_t pitch, Ahead& ahead,
               std::span<TileContent> contents, std::uint16_t* out) {
  visit_integer(frames[0].dtype,
                [&](auto tag) { take_all<decltype(tag)>(frames, bad, digit, pitch, ahead, contents, out); });
}

}  // namespace annulus::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace annulus {

HWY_EXPORT(take_any);
HWY_EXPORT(take_many);

TileContent take_digit(const TilePixels& pixels, const BadRange& bad, int digit, std::size_t pitch,
                       std::uint16_t* out) {
  return HWY_DYNAMIC_DISPATCH(take_any)(pixels, bad, digit, pitch, out);
}

void take_digits(std::span<const TilePixels> frames, const BadRange& bad, int digit, std::size_t pitch, Ahead& ahead,
                 std::span<TileContent> contents, std::uint16_t* out) {
  HWY_DYNAMIC_DISPATCH(take_many)(frames, bad, digit, pitch, ahead, contents, out);
  for (std::size_t k = 0; k < frames.size(); ++k) {
    if (!contents[k].any_negative) continue;
    for (std::size_t i = 0; i < frames[k].rows * pitch; ++i) out[digit_at(i, k)] = 0;
  }
}

}  // namespace annulus
#endif
