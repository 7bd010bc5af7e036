// SPDX-License-Identifier: BSD-3-Clause
// Compiled once for each instruction set (Highway); the processor's best one is chosen when the program runs.
#include "operators/kernels/block_sums.hpp"

#include <algorithm>
#include <array>

#include "operators/data/array.hpp"

#include "operators/kernels/ahead.hpp"

// Vectors without a size at compile time cannot be kept in arrays.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#define HWY_WANT_AVX3_DL  // has an instruction for add_products()
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "operators/kernels/block_sums.cpp"
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

template <class T>
HWY_ATTR BlockContent take(const std::byte* bytes, std::size_t count, const BadRange& bad, int digit,
                           std::uint16_t* HWY_RESTRICT out) {
  using W = Word<T>;
  const hn::ScalableTag<W> d;
  // v is bad when v - first, which wraps around, is at most what last - first is.
  const bool has_bad = bad.first <= bad.last;
  const auto first = static_cast<W>(bad.first);
  const auto reach = static_cast<W>(bad.last - bad.first);
  const int shift = digit_bits * digit;
  const std::uint16_t zero = digit == 0 ? zero_flag | 1 : 0;
  const auto nothing = hn::Zero(d);
  auto bits = hn::Zero(d);
  auto any_bad = hn::Zero(d);
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= count; i += hn::Lanes(d)) {
    const auto v = load_words<T>(d, bytes + i * sizeof(T));
    auto digits = hn::And(hn::ShiftRightSame(v, shift), hn::Set(d, (1 << digit_bits) - 1));
    digits = hn::IfThenElse(hn::Eq(v, nothing), hn::Set(d, zero), digits);
    auto measured = v;
    if (has_bad) {
      const auto beyond = hn::Sub(v, hn::Set(d, first));
      const auto is_bad = hn::Eq(hn::Min(beyond, hn::Set(d, reach)), beyond);
      digits = hn::IfThenZeroElse(is_bad, digits);
      measured = hn::IfThenZeroElse(is_bad, v);
      any_bad = hn::Or(any_bad, hn::VecFromMask(d, is_bad));
    }
    bits = hn::Or(bits, measured);
    if constexpr (sizeof(W) == 2) {
      hn::StoreU(digits, d, out + i);
    } else {
      const hn::Rebind<std::uint16_t, decltype(d)> narrow;
      hn::StoreU(hn::DemoteTo(narrow, hn::BitCast(hn::RebindToSigned<decltype(d)>(), digits)), narrow, out + i);
    }
  }
  HWY_ALIGN W all_bits[hn::MaxLanes(d)];
  hn::Store(bits, d, all_bits);
  BlockContent content;
  for (std::size_t k = 0; k < hn::Lanes(d); ++k) content.bits |= all_bits[k];
  content.any_bad = !hn::AllTrue(d, hn::Eq(any_bad, nothing));
  for (const Elements<T> pixels(bytes, count); i < count; ++i) {
    const auto v = static_cast<W>(pixels[i]);
    const bool is_bad = has_bad && static_cast<W>(v - first) <= reach;
    const auto digits = static_cast<std::uint16_t>((v >> shift) & ((1 << digit_bits) - 1));
    out[i] = is_bad ? std::uint16_t{0} : v == 0 ? zero : digits;
    content.bits |= is_bad ? W{0} : v;
    content.any_bad = content.any_bad || is_bad;
  }
  content.any_negative = std::is_signed_v<T> && (content.bits >> (8 * sizeof(W) - 1)) != 0;
  return content;
}

BlockContent take_any(DType dtype, const std::byte* pixels, std::size_t count, const BadRange& bad, int digit,
                      std::uint16_t* out) {
  switch (dtype) {
    case DType::u8: return take<std::uint8_t>(pixels, count, bad, digit, out);
    case DType::i8: return take<std::int8_t>(pixels, count, bad, digit, out);
    case DType::u16: return take<std::uint16_t>(pixels, count, bad, digit, out);
    case DType::i16: return take<std::int16_t>(pixels, count, bad, digit, out);
    case DType::i32: return take<std::int32_t>(pixels, count, bad, digit, out);
    default: return take<std::uint32_t>(pixels, count, bad, digit, out);
  }
}

#if HWY_TARGET == HWY_SCALAR

void add_one_block(const Plan& plan, std::size_t block, Wanted wanted, const std::uint16_t* digits, int shift,
                   const Ahead&, PlanSums& sums) {
  add_digits_scalar(plan, block, wanted, digits, shift / digit_bits, 0, sums);
}

void add_many_blocks(const Plan& plan, std::size_t block, Wanted wanted, const std::uint16_t* digits, int shift,
                     const Ahead&, std::uint16_t*, PlanSums& sums) {
  for (std::size_t frame = 0; frame < frames_together; ++frame) {
    add_digits_scalar(plan, block, wanted, digits + frame * digits_size, shift / digit_bits, frame, sums);
  }
}

#else

// 16 numbers side by side, in as many vectors as that takes.
using I32 = hn::CappedTag<std::int32_t, plan_lanes>;
constexpr I32 i32;
constexpr hn::Repartition<std::int16_t, I32> i16;
constexpr hn::Repartition<std::uint16_t, I32> u16;
constexpr hn::Repartition<std::uint32_t, I32> u32;
constexpr hn::Rebind<std::int16_t, I32> half_i16;
constexpr hn::Rebind<std::uint16_t, I32> half_u16;
constexpr std::size_t width = hn::MaxLanes(i32);
using V32 = hn::VFromD<I32>;
using V16 = hn::VFromD<hn::Repartition<std::int16_t, I32> >;

/// sum + a[2i] b[2i] + a[2i + 1] b[2i + 1] in every lane i.
HWY_INLINE V32 add_products(V16 a, V16 b, V32 sum) {
#if HWY_TARGET == HWY_AVX3_DL
  // AVX512-VNNI, which this target of Highway asks of a processor but does not tell the compiler.
  asm("vpdpwssd %2, %1, %0" : "+v"(sum.raw) : "v"(a.raw), "v"(b.raw));  // NOLINT(hicpp-no-assembler)
  return sum;
#elif HWY_ARCH_X86
  V32 unused = hn::Zero(i32);
  return hn::ReorderWidenMulAccumulate(i32, a, b, sum, unused);
#else
  const auto low = [](V16 v) HWY_ATTR { return hn::ShiftRight<16>(hn::ShiftLeft<16>(hn::BitCast(i32, v))); };
  const auto high = [](V16 v) HWY_ATTR { return hn::ShiftRight<16>(hn::BitCast(i32, v)); };
  return hn::Add(sum, hn::Add(hn::Mul(low(a), low(b)), hn::Mul(high(a), high(b))));
#endif
}

/// The sums of one slice's lanes, as in RowSums. Count and zeros share a number: count - 2^15 zeros, with a count below
/// 2^15.
template <Wanted wanted>
struct Partial {
  V32 both;
  V32 tilt;
  V32 tilt_rest;
  V32 tilt_zeros;
  V32 tilt_zeros_rest;
  V32 squares;
  V32 squares_rest;

  HWY_INLINE Partial() {
    for (V32* number : {&both, &tilt, &tilt_rest, &tilt_zeros, &tilt_zeros_rest, &squares, &squares_rest}) {
      *number = hn::Zero(i32);
    }
  }

  /// Two digits, and the parts and rests of two pixels, in every lane.
  HWY_INLINE void add(V16 digits, V16 parts, V16 rests) {
    both = add_products(digits, hn::Set(i16, 1), both);
    if constexpr (wanted == Wanted::signal) {
      const auto values = hn::IfThenZeroElse(hn::Lt(digits, hn::Zero(i16)), digits);
      tilt = add_products(values, parts, tilt);
      tilt_rest = add_products(values, rests, tilt_rest);
    }
    if constexpr (wanted == Wanted::all) {
      const auto values = hn::And(digits, hn::Set(i16, 0x7FFF));
      const auto zeros = hn::BitCast(i16, hn::ShiftRight<15>(hn::BitCast(u16, digits)));
      const auto square = hn::MulFixedPoint15(parts, parts);
      const auto lost = hn::ShiftRight<1>(hn::Sub(hn::Mul(parts, parts), hn::ShiftLeft<15>(square)));
      tilt = add_products(values, parts, tilt);
      tilt_rest = add_products(values, rests, tilt_rest);
      tilt_zeros = add_products(zeros, parts, tilt_zeros);
      tilt_zeros_rest = add_products(zeros, rests, tilt_zeros_rest);
      squares = add_products(values, square, squares);
      squares_rest = add_products(values, hn::Add(lost, hn::MulHigh(parts, rests)), squares_rest);
    }
  }

  HWY_INLINE V32 count() const { return hn::And(both, hn::Set(i32, 0x7FFF)); }
  HWY_INLINE V32 zeros() const { return hn::ShiftRight<15>(hn::Sub(count(), both)); }
};

/// to[i] += from[i] * 2^shift.
template <std::size_t count>
HWY_INLINE void add_shifted(const std::int32_t* HWY_RESTRICT from, int shift, std::int64_t* HWY_RESTRICT to) {
  constexpr hn::CappedTag<std::int64_t, count> d;
  constexpr hn::Rebind<std::int32_t, hn::CappedTag<std::int64_t, count> > half;
  for (std::size_t i = 0; i < count; i += hn::MaxLanes(d)) {
    const auto more = hn::ShiftLeftSame(hn::PromoteTo(d, hn::LoadU(half, from + i)), shift);
    hn::StoreU(hn::Add(hn::LoadU(d, to + i), more), d, to + i);
  }
}

template <Wanted wanted>
HWY_ATTR void add_one(const Plan& plan, std::size_t block, const std::uint16_t* digits, int shift, Ahead ahead,
                      PlanSums& sums) {
  constexpr auto numbers = static_cast<std::size_t>(wanted);
  const auto second = hn::ShiftLeft<16>(hn::Set(i32, -1));
  const auto alone = hn::Set(i32, -std::int32_t{alone_flag});
  const auto* base = reinterpret_cast<const std::int32_t*>(digits);
  std::int64_t* HWY_RESTRICT rows = sums.data();
  HWY_ALIGN std::int32_t first_made[4 * width];
  HWY_ALIGN std::int32_t others_made[4 * width];
  for (const PlanSlice& slice : plan.slices(block)) {
    ahead.fetch();
    for (std::size_t lane = 0; lane < plan_lanes; lane += width) {
      const auto* places = reinterpret_cast<const std::int16_t*>(plan.places(slice)) + lane;
      const auto* parts = reinterpret_cast<const std::int32_t*>(plan.parts(slice)) + lane;
      const auto* rests = reinterpret_cast<const std::int32_t*>(plan.rests(slice)) + lane;
      Partial<wanted> sum;
      for (std::size_t step = 0; step < plan_lanes * slice.steps; step += plan_lanes) {
        const auto place = hn::PromoteTo(i32, hn::LoadU(half_i16, places + step));
        const auto pair = hn::GatherOffset(i32, base, hn::AndNot(alone, place));
        const auto not_taken = hn::And(hn::BroadcastSignBit(place), second);
        sum.add(hn::BitCast(i16, hn::AndNot(not_taken, pair)), hn::BitCast(i16, hn::LoadU(i32, parts + step)),
                hn::BitCast(i16, hn::LoadU(i32, rests + step)));
      }
      if constexpr (wanted == Wanted::counts) {
        hn::StoreInterleaved2(sum.count(), sum.zeros(), i32, first_made);
      } else {
        hn::StoreInterleaved4(sum.count(), sum.zeros(), sum.tilt, sum.tilt_rest, i32, first_made);
      }
      if constexpr (wanted == Wanted::all) {
        hn::StoreInterleaved4(sum.tilt_zeros, sum.tilt_zeros_rest, sum.squares, sum.squares_rest, i32, others_made);
      }
      for (std::size_t k = 0; k < width; ++k) {
        std::int64_t* row = rows + numbers * slice.rows[lane + k];
        constexpr std::size_t first_numbers = std::min<std::size_t>(numbers, 4);
        add_shifted<first_numbers>(first_made + first_numbers * k, shift, row);
        if constexpr (wanted == Wanted::all) add_shifted<4>(others_made + 4 * k, shift, row + 4);
      }
    }
  }
}

/// Lays the pixels of 16 frames side by side: 16 digits for each pixel.
HWY_ATTR void lay_side_by_side(const std::uint16_t* digits, std::uint16_t* HWY_RESTRICT out) {
  constexpr hn::FixedTag<std::uint16_t, 8> eight;
  using V = hn::VFromD<hn::FixedTag<std::uint16_t, 8> >;
  for (std::size_t i = 0; i <= block_pixels; i += 8) {
    for (std::size_t half = 0; half < 16; half += 8) {
      V v[8];
      V mixed[8];
      for (std::size_t k = 0; k < 8; ++k) v[k] = hn::LoadU(eight, digits + (half + k) * digits_size + i);
      for (int time = 0; time < 3; ++time) {
        for (std::size_t k = 0; k < 4; ++k) {
          mixed[2 * k] = hn::InterleaveLower(eight, v[k], v[k + 4]);
          mixed[2 * k + 1] = hn::InterleaveUpper(eight, v[k], v[k + 4]);
        }
        for (std::size_t k = 0; k < 8; ++k) v[k] = mixed[k];
      }
      for (std::size_t k = 0; k < 8; ++k) hn::StoreU(v[k], eight, out + frames_together * (i + k) + half);
    }
  }
}

template <Wanted wanted>
HWY_ATTR void add_many(const Plan& plan, std::size_t block, const std::uint16_t* side_by_side, int shift, Ahead ahead,
                       PlanSums& sums) {
  constexpr auto numbers = static_cast<std::size_t>(wanted);
  std::int64_t* HWY_RESTRICT rows = sums.data();
  const auto unused = static_cast<std::uint32_t>(plan.rows().size() - 1);
  for (const PlanSlice& slice : plan.slices(block)) {
    for (std::size_t lane = 0; lane < plan_lanes && slice.rows[lane] != unused; ++lane) {
      ahead.fetch();
      for (std::size_t frame = 0; frame < frames_together; frame += width) {
        const std::uint16_t* places = plan.places(slice) + lane;
        const std::uint32_t* parts = plan.parts(slice) + lane;
        const std::uint32_t* rests = plan.rests(slice) + lane;
        Partial<wanted> sum;
        for (std::size_t step = 0; step < plan_lanes * slice.steps; step += plan_lanes) {
          const std::size_t first = (places[step] & ~alone_flag) / 2;
          const std::size_t second = (places[step] & alone_flag) != 0 ? block_pixels : first + 1;
          const auto load = [&](std::size_t pixel) HWY_ATTR {
            return hn::PromoteTo(i32, hn::LoadU(half_u16, side_by_side + frames_together * pixel + frame));
          };
          const auto pair = hn::Or(load(first), hn::ShiftLeft<16>(load(second)));
          sum.add(hn::BitCast(i16, pair), hn::BitCast(i16, hn::Set(u32, parts[step])),
                  hn::BitCast(i16, hn::Set(u32, rests[step])));
        }
        std::int64_t* at = rows + numbers * frames_together * slice.rows[lane] + frame;
        const auto add_next = [&](V32 number) HWY_ATTR {
          HWY_ALIGN std::int32_t made[width];
          hn::Store(number, i32, made);
          add_shifted<width>(made, shift, at);
          at += frames_together;
        };
        add_next(sum.count());
        add_next(sum.zeros());
        if constexpr (wanted != Wanted::counts) {
          add_next(sum.tilt);
          add_next(sum.tilt_rest);
        }
        if constexpr (wanted == Wanted::all) {
          add_next(sum.tilt_zeros);
          add_next(sum.tilt_zeros_rest);
          add_next(sum.squares);
          add_next(sum.squares_rest);
        }
      }
    }
  }
}

void add_one_block(const Plan& plan, std::size_t block, Wanted wanted, const std::uint16_t* digits, int shift,
                   const Ahead& ahead, PlanSums& sums) {
  switch (wanted) {
    case Wanted::counts: return add_one<Wanted::counts>(plan, block, digits, shift, ahead, sums);
    case Wanted::signal: return add_one<Wanted::signal>(plan, block, digits, shift, ahead, sums);
    case Wanted::all: return add_one<Wanted::all>(plan, block, digits, shift, ahead, sums);
  }
}

void add_many_blocks(const Plan& plan, std::size_t block, Wanted wanted, const std::uint16_t* digits, int shift,
                     const Ahead& ahead, std::uint16_t* scratch, PlanSums& sums) {
  lay_side_by_side(digits, scratch);
  switch (wanted) {
    case Wanted::counts: return add_many<Wanted::counts>(plan, block, scratch, shift, ahead, sums);
    case Wanted::signal: return add_many<Wanted::signal>(plan, block, scratch, shift, ahead, sums);
    case Wanted::all: return add_many<Wanted::all>(plan, block, scratch, shift, ahead, sums);
  }
}

#endif

}  // namespace annulus::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace annulus {

HWY_EXPORT(take_any);
HWY_EXPORT(add_one_block);
HWY_EXPORT(add_many_blocks);

BlockContent take_digit(DType dtype, const std::byte* pixels, std::size_t count, const BadRange& bad, int digit,
                        std::uint16_t* out) {
  std::fill(out + count, out + digits_size, std::uint16_t{0});
  return HWY_DYNAMIC_DISPATCH(take_any)(dtype, pixels, count, bad, digit, out);
}

void add_block(const Plan& plan, std::size_t block, Wanted wanted, const std::uint16_t* digits, int digit,
               ByteSpans ahead, PlanSums& sums) {
  HWY_DYNAMIC_DISPATCH(add_one_block)
  (plan, block, wanted, digits, digit_bits * digit, Ahead(ahead, plan.slices(block).size()), sums);
}

void add_blocks(const Plan& plan, std::size_t block, Wanted wanted, const std::uint16_t* digits, int digit,
                ByteSpans ahead, std::uint16_t* scratch, PlanSums& sums) {
  HWY_DYNAMIC_DISPATCH(add_many_blocks)
  (plan, block, wanted, digits, digit_bits * digit, Ahead(ahead, plan_lanes * plan.slices(block).size()), scratch,
   sums);
}

}  // namespace annulus
#endif
