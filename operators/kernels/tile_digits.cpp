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

#if HWY_TARGET == HWY_SCALAR
void lay_side_by_side(const std::uint16_t* in, std::size_t pitch, std::size_t count, std::uint16_t* out) {
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t k = 0; k < frames_together; ++k) out[frames_together * i + k] = in[k * pitch + i];
  }
}
#else
/// Eight numbers at a time, every eighth pixel.
template <class D>
HWY_INLINE void store_apart(D d, hn::VFromD<D> v, std::uint16_t* HWY_RESTRICT out) {
  if constexpr (hn::MaxLanes(d) == 8) {
    hn::StoreU(v, d, out);
  } else {
    constexpr hn::Half<D> half;
    store_apart(half, hn::LowerHalf(half, v), out);
    store_apart(half, hn::UpperHalf(half, v), out + frames_together * hn::MaxLanes(half));
  }
}

/// Lays the digits of frames_together frames, from `in` on every `pitch`, side by side for each of `count` pixels.
HWY_INLINE void lay_side_by_side(const std::uint16_t* HWY_RESTRICT in, std::size_t pitch, std::size_t count,
                                 std::uint16_t* HWY_RESTRICT out) {
  using D = hn::CappedTag<std::uint16_t, 32>;
  constexpr D d;
  for (std::size_t i = 0; i < count; i += hn::MaxLanes(d)) {
    for (std::size_t half = 0; half < 16; half += 8) {
      hn::VFromD<D> v[8];
      hn::VFromD<D> mixed[8];
      for (std::size_t k = 0; k < 8; ++k) v[k] = hn::LoadU(d, in + (half + k) * pitch + i);
      for (int time = 0; time < 3; ++time) {
        for (std::size_t k = 0; k < 4; ++k) {
          mixed[2 * k] = hn::InterleaveLower(d, v[k], v[k + 4]);
          mixed[2 * k + 1] = hn::InterleaveUpper(d, v[k], v[k + 4]);
        }
        for (std::size_t k = 0; k < 8; ++k) v[k] = mixed[k];
      }
      for (std::size_t k = 0; k < 8; ++k) store_apart(d, v[k], out + frames_together * (i + k) + half);
    }
  }
}
#endif

template <class T>
HWY_ATTR void take_all(std::span<const TilePixels> frames, const BadRange& bad, int digit, std::size_t pitch,
                       Ahead& ahead, std::span<TileContent> contents, std::uint16_t* scratch, std::uint16_t* out) {
  Seen<T> seen[frames_together];
  std::fill(scratch + frames.size() * pitch, scratch + frames_together * pitch, std::uint16_t{0});
  for (std::size_t row = 0; row < frames[0].rows; ++row) {
    for (std::size_t k = 0; k < frames.size(); ++k) {
      ahead.fetch();
      take_row<T>(frames[k].row(row), frames[k].cols, bad, digit, seen[k], scratch + k * pitch);
    }
    lay_side_by_side(scratch, pitch, frames[0].cols, out + frames_together * row * pitch);
  }
  for (std::size_t k = 0; k < frames.size(); ++k) contents[k] = seen[k].content(bad);
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
               std::span<TileContent> contents, std::uint16_t* scratch, std::uint16_t* out) {
  visit_integer(frames[0].dtype,
                [&](auto tag) { take_all<decltype(tag)>(frames, bad, digit, pitch, ahead, contents, scratch, out); });
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
                 std::span<TileContent> contents, std::uint16_t* scratch, std::uint16_t* out) {
  HWY_DYNAMIC_DISPATCH(take_many)(frames, bad, digit, pitch, ahead, contents, scratch, out);
  for (std::size_t k = 0; k < frames.size(); ++k) {
    if (!contents[k].any_negative) continue;
    for (std::size_t i = 0; i < frames[k].rows * pitch; ++i) out[frames_together * i + k] = 0;
  }
}

}  // namespace annulus
#endif
