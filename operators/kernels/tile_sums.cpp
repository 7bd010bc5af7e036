// SPDX-License-Identifier: BSD-3-Clause
// Compiled once for each instruction set (Highway); the processor's best one is chosen when the program runs.
#include "operators/kernels/tile_sums.hpp"

#include <algorithm>
#include <array>

#include "operators/data/array.hpp"

#include "operators/kernels/ahead.hpp"

// Vectors without a size at compile time cannot be kept in arrays.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#define HWY_WANT_AVX3_DL  // has an instruction for add_products()
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "operators/kernels/tile_sums.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace annulus::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR

void add_one_tile(const Plan& plan, std::size_t tile, Wanted wanted, const std::uint16_t* digits, int digit, Ahead&,
                  PlanSums& sums) {
  add_digits_scalar(plan, tile, wanted, digits, digit, sums);
}

void add_one_to_bins(const Plan& plan, std::size_t tile, Wanted wanted, const std::uint16_t* digits, int digit, Ahead&,
                     FineSums& sums) {
  add_digits_scalar(plan, tile, wanted, digits, digit, sums);
}

void add_many_tiles(const Plan& plan, std::size_t tile, Wanted wanted, const std::uint16_t* digits, int digit, Ahead&,
                    PlanSums& sums) {
  for (std::size_t frame = 0; frame < frames_together; ++frame) {
    add_digits_scalar(plan, tile, wanted, digits, digit, frame, sums);
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
constexpr std::size_t width = hn::MaxLanes(i32);
using V32 = hn::VFromD<I32>;
using V16 = hn::VFromD<hn::Repartition<std::int16_t, I32> >;

/// Adds a[2i] b[2i] + a[2i + 1] b[2i + 1] to every lane i.
HWY_INLINE void add_products(V16 a, V16 b, V32& sum) {
#if HWY_TARGET == HWY_AVX3_DL
  // AVX512-VNNI, which this target of Highway asks of a processor but does not tell the compiler.
  asm("vpdpwssd %2, %1, %0" : "+v"(sum.raw) : "v"(a.raw), "v"(b.raw));  // NOLINT(hicpp-no-assembler)
#elif HWY_ARCH_X86
  V32 unused = hn::Zero(i32);
  sum = hn::ReorderWidenMulAccumulate(i32, a, b, sum, unused);
#else
  const auto low = [](V16 v) HWY_ATTR { return hn::ShiftRight<16>(hn::ShiftLeft<16>(hn::BitCast(i32, v))); };
  const auto high = [](V16 v) HWY_ATTR { return hn::ShiftRight<16>(hn::BitCast(i32, v)); };
  sum = hn::Add(sum, hn::Add(hn::Mul(low(a), low(b)), hn::Mul(high(a), high(b))));
#endif
}

/// Two parts and two rests in every lane; and what follows from them, as in RowSums.
template <Wanted wanted>
struct Parts {
  V16 parts;
  V16 rests;
  V16 squares;
  V16 squares_rest;

  HWY_INLINE Parts() {
    for (V16* number : {&parts, &rests, &squares, &squares_rest}) *number = hn::Zero(i16);
  }
  HWY_INLINE Parts(const std::uint32_t* parts_at, const std::uint32_t* rests_at) : Parts() {
    if constexpr (wanted == Wanted::counts) return;
    parts = hn::BitCast(i16, hn::LoadU(u32, parts_at));
    rests = hn::BitCast(i16, hn::LoadU(u32, rests_at));
    if constexpr (wanted == Wanted::all) {
      squares = hn::MulFixedPoint15(parts, parts);
      const auto lost = hn::ShiftRight<1>(hn::Sub(hn::Mul(parts, parts), hn::ShiftLeft<15>(squares)));
      squares_rest = hn::Add(lost, hn::MulHigh(parts, rests));
    }
  }
};

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

  /// Two digits of every lane, of which `taken` (1 or 0) belong to the sum, and the parts of their pixels; those of
  /// others are 0.
  HWY_INLINE void add(V16 digits, V16 taken, const Parts<wanted>& of) {
    add_products(digits, taken, both);
    if constexpr (wanted == Wanted::signal) {
      const auto values = hn::IfThenZeroElse(hn::Lt(digits, hn::Zero(i16)), digits);
      add_products(values, of.parts, tilt);
      add_products(values, of.rests, tilt_rest);
    }
    if constexpr (wanted == Wanted::all) {
      const auto values = hn::And(digits, hn::Set(i16, 0x7FFF));
      const auto zeros = hn::BitCast(i16, hn::ShiftRight<15>(hn::BitCast(u16, digits)));
      add_products(values, of.parts, tilt);
      add_products(values, of.rests, tilt_rest);
      add_products(zeros, of.parts, tilt_zeros);
      add_products(zeros, of.rests, tilt_zeros_rest);
      add_products(values, of.squares, squares);
      add_products(values, of.squares_rest, squares_rest);
    }
  }

  /// Two numbers of every lane, or four, and the other four.
  HWY_INLINE void store(std::int32_t* firsts, std::int32_t* others) const {
    if constexpr (wanted == Wanted::counts) {
      hn::StoreInterleaved2(count(), zeros(), i32, firsts);
    } else {
      hn::StoreInterleaved4(count(), zeros(), tilt, tilt_rest, i32, firsts);
    }
    if constexpr (wanted == Wanted::all) {
      hn::StoreInterleaved4(tilt_zeros, tilt_zeros_rest, squares, squares_rest, i32, others);
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

/// Adds the sums of lanes to those of their rows.
template <Wanted wanted>
struct IntoRows {
  static constexpr auto numbers = static_cast<std::size_t>(wanted);
  std::int64_t* HWY_RESTRICT rows;
  int shift;

  HWY_INLINE void prepare(const PlanSlice&, std::size_t) const {}

  HWY_INLINE void take(const PlanSlice& slice, std::size_t lane, const Partial<wanted>& sum) const {
    HWY_ALIGN std::int32_t firsts[4 * width];
    HWY_ALIGN std::int32_t others[4 * width];
    sum.store(firsts, others);
    for (std::size_t k = 0; k < width; ++k) {
      std::int64_t* row = rows + numbers * slice.rows[lane + k];
      constexpr std::size_t together = std::min<std::size_t>(numbers, 4);
      add_shifted<together>(firsts + together * k, shift, row);
      if constexpr (wanted == Wanted::all) add_shifted<4>(others + 4 * k, shift, row + 4);
    }
  }
};

/// Adds the sums of lanes to those of bins, as FineSums::add_digit() does.
template <Wanted wanted>
struct IntoBins {
  FineSums::Place place;
  const PlanRow* HWY_RESTRICT rows;
  int shift;

  // Of half as many lanes.
  static constexpr hn::CappedTag<std::int64_t, width / 2> i64{};
  static constexpr hn::Rebind<std::int32_t, hn::CappedTag<std::int64_t, width / 2> > i32_of_half{};
  static constexpr hn::FixedTag<std::int64_t, 2> pair{};
  using V64 = hn::VFromD<hn::CappedTag<std::int64_t, width / 2> >;

  static HWY_INLINE V64 times_part_unit(V64 v) { return hn::Sub(hn::ShiftLeft<16>(v), hn::Add(v, v)); }
  static HWY_INLINE V64 times_half_unit(V64 v) { return hn::Sub(hn::ShiftLeft<15>(v), v); }

  /// Brings near what take() will add to.
  HWY_INLINE void prepare(const PlanSlice& slice, std::size_t lane) const {
    for (std::size_t k = 0; k < width; ++k) __builtin_prefetch(place.of(rows[slice.rows[lane + k]].lower), 1);
  }

  HWY_INLINE void take(const PlanSlice& slice, std::size_t lane, const Partial<wanted>& sum) const {
    HWY_ALIGN std::int64_t shares[4 * width];  // of the lower bin signal and variance, of the upper one
    share_out(sum, shares);
    for (std::size_t k = 0; k < width; ++k) {
      const PlanRow& row = rows[slice.rows[lane + k]];
      place.use(row);
      add(place.of(row.lower), shares + 4 * k);
      if constexpr (wanted != Wanted::counts) add(place.of(row.upper), shares + 4 * k + 2);
    }
  }

 private:
  static HWY_INLINE void add(FineSum* to, const std::int64_t* more) {
    std::int64_t* at = &to->signal;
    hn::StoreU(hn::Add(hn::LoadU(pair, at), hn::Load(pair, more)), pair, at);
  }

  HWY_INLINE void share_out(const Partial<wanted>& sum, std::int64_t* HWY_RESTRICT shares) const {
    HWY_ALIGN std::int32_t numbers[8][width];
    const auto keep = [&](std::size_t k, V32 number) HWY_ATTR { hn::Store(number, i32, numbers[k]); };
    keep(0, sum.count());
    keep(1, hn::Sub(sum.count(), sum.zeros()));
    if constexpr (wanted != Wanted::counts) {
      keep(2, hn::Sub(sum.tilt, sum.tilt_zeros));
      keep(3, hn::Sub(sum.tilt_rest, sum.tilt_zeros_rest));
    }
    if constexpr (wanted == Wanted::all) {
      keep(4, sum.tilt);
      keep(5, sum.tilt_rest);
      keep(6, sum.squares);
      keep(7, sum.squares_rest);
    }
    for (std::size_t half = 0; half < width; half += hn::MaxLanes(i64)) {
      const auto number = [&](std::size_t k)
                              HWY_ATTR { return hn::PromoteTo(i64, hn::Load(i32_of_half, numbers[k] + half)); };
      const auto shifted = [&](V64 v) HWY_ATTR { return hn::ShiftLeftSame(v, shift); };
      V64 upper = hn::Zero(i64);
      V64 lower_variance = hn::Zero(i64);
      V64 upper_variance = hn::Zero(i64);
      if constexpr (wanted == Wanted::counts) {
        lower_variance = times_part_unit(times_part_unit(number(0)));
      } else {
        upper = hn::Add(hn::ShiftLeft<16>(hn::Add(times_half_unit(number(1)), number(2))), number(3));
      }
      const V64 lower = hn::Sub(hn::ShiftLeft<16>(times_part_unit(number(1))), upper);
      if constexpr (wanted == Wanted::all) {
        const V64 squares_rest = number(7);
        const V64 even = hn::Add(times_half_unit(times_half_unit(number(0))),
                                 hn::Add(hn::ShiftLeft<15>(number(6)), hn::Add(squares_rest, squares_rest)));
        const V64 rest = hn::ShiftRight<15>(hn::Add(times_half_unit(number(5)), hn::Set(i64, 1 << 14)));
        const V64 odd = hn::Add(times_part_unit(number(4)), rest);
        lower_variance = hn::Max(hn::Zero(i64), hn::Sub(even, odd));
        upper_variance = hn::Max(hn::Zero(i64), hn::Add(even, odd));
      }
      hn::StoreInterleaved4(shifted(lower), shifted(lower_variance), shifted(upper), shifted(upper_variance), i64,
                            shares + 4 * half);
    }
  }
};
static_assert(part_unit == 65534 && half_unit == 32767 && rest_unit == 65536);

template <Wanted wanted, class Into>
HWY_INLINE void add_one(const Plan& plan, std::size_t tile, const std::uint16_t* digits, Ahead& ahead,
                        const Into& into) {
  const auto second = hn::ShiftLeft<16>(hn::Set(i32, -1));
  const auto alone = hn::Set(i32, -std::int32_t{alone_flag});
  const auto* base = reinterpret_cast<const std::int32_t*>(digits);
  for (const PlanSlice& slice : plan.slices(tile)) {
    for (std::size_t lane = 0; lane < plan_lanes; lane += width) {
      const auto* places = reinterpret_cast<const std::int16_t*>(plan.places(slice)) + lane;
      const auto* parts = plan.parts(slice) + lane;
      const auto* rests = plan.rests(slice) + lane;
      into.prepare(slice, lane);
      Partial<wanted> sum;
      for (std::size_t step = 0; step < plan_lanes * slice.steps; step += plan_lanes) {
        ahead.fetch();
        const auto place = hn::PromoteTo(i32, hn::LoadU(half_i16, places + step));
        const auto pair = hn::GatherOffset(i32, base, hn::AndNot(alone, place));
        const auto not_taken = hn::And(hn::BroadcastSignBit(place), second);
        sum.add(hn::BitCast(i16, hn::AndNot(not_taken, pair)), hn::Set(i16, 1),
                Parts<wanted>(parts + step, rests + step));
      }
      into.take(slice, lane, sum);
    }
  }
}

/// The digits of `width` frames from `frame` on, and of two pixels from `place` on; a frame in every lane.
HWY_INLINE V16 load_pairs(const std::uint16_t* digits, std::size_t place, std::size_t frame) {
  const auto load = [&](std::size_t even) HWY_ATTR {
    return hn::LoadU(u32, reinterpret_cast<const std::uint32_t*>(digits + digit_at(even / 2 * 2, frame)));
  };
  auto pairs = load(place);
  const auto next = load(place + 1);
#if HWY_TARGET == HWY_AVX3_DL
  // AVX512-VBMI2: the 32 bits from the 0th or from the 16th on.
  static constexpr std::uint32_t firsts[2] = {0, 16};
  asm("vpshrdvd %2%{1to16%}, %1, %0"
      : "+v"(pairs.raw)
      : "v"(next.raw), "m"(firsts[place % 2]));  // NOLINT(hicpp-no-assembler)
#else
  static constexpr std::uint32_t odd[2] = {0, 0xFFFFFFFF};
  const auto is_odd = hn::Set(u32, odd[place % 2]);
  const auto across = hn::Or(hn::ShiftRight<16>(pairs), hn::ShiftLeft<16>(next));
  pairs = hn::Or(hn::And(is_odd, across), hn::AndNot(is_odd, pairs));
#endif
  return hn::BitCast(i16, pairs);
}

/// What the kernel for many frames takes of a slice: Parts as numbers, a step's lanes one after the other.
template <Wanted wanted>
struct SliceParts {
  HWY_ALIGN std::uint32_t squares[plan_lanes * longest_sum];
  HWY_ALIGN std::uint32_t squares_rest[plan_lanes * longest_sum];
  const std::uint32_t* parts = nullptr;
  const std::uint32_t* rests = nullptr;

  HWY_INLINE void read(const Plan& plan, const PlanSlice& slice) {
    if constexpr (wanted == Wanted::counts) return;
    parts = plan.parts(slice);
    rests = plan.rests(slice);
    if constexpr (wanted != Wanted::all) return;
    for (std::size_t k = 0; k < plan_lanes * slice.steps; k += width) {
      const Parts<wanted> made(parts + k, rests + k);
      hn::Store(hn::BitCast(u32, made.squares), u32, squares + k);
      hn::Store(hn::BitCast(u32, made.squares_rest), u32, squares_rest + k);
    }
  }

  HWY_INLINE Parts<wanted> at(std::size_t k) const {
    Parts<wanted> out;
    const auto set = [](std::uint32_t two) HWY_ATTR { return hn::BitCast(i16, hn::Set(u32, two)); };
    if constexpr (wanted != Wanted::counts) {
      out.parts = set(parts[k]);
      out.rests = set(rests[k]);
    }
    if constexpr (wanted == Wanted::all) {
      out.squares = set(squares[k]);
      out.squares_rest = set(squares_rest[k]);
    }
    return out;
  }
};

template <Wanted wanted>
HWY_ATTR void add_many(const Plan& plan, std::size_t tile, const std::uint16_t* digits, int shift, Ahead& ahead,
                       PlanSums& sums) {
  constexpr auto numbers = static_cast<std::size_t>(wanted);
  std::int64_t* HWY_RESTRICT rows = sums.data();
  const auto unused = static_cast<std::uint32_t>(plan.rows().size() - 1);
  const std::array<std::uint32_t, 2> taken{0x00010001, 0x00000001};  // two pixels, or the first of them alone
  SliceParts<wanted> parts;
  for (const PlanSlice& slice : plan.slices(tile)) {
    parts.read(plan, slice);
    for (std::size_t lane = 0; lane < plan_lanes && slice.rows[lane] != unused; ++lane) {
      ahead.fetch();
      for (std::size_t frame = 0; frame < frames_together; frame += width) {
        const std::uint16_t* places = plan.places(slice);
        Partial<wanted> sum;
        for (std::size_t k = lane; k < plan_lanes * slice.steps; k += plan_lanes) {
          const std::size_t twice = places[k] & (alone_flag - 1);
          const bool alone = (places[k] & alone_flag) != 0;
          sum.add(load_pairs(digits, twice / 2, frame), hn::BitCast(i16, hn::Set(u32, taken[alone ? 1 : 0])),
                  parts.at(k));
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

/// Calls f(a constant of the type Wanted).
template <class F>
void visit_wanted(Wanted wanted, const F& f) {
  switch (wanted) {
    case Wanted::counts: return f(std::integral_constant<Wanted, Wanted::counts>());
    case Wanted::signal: return f(std::integral_constant<Wanted, Wanted::signal>());
    case Wanted::all: return f(std::integral_constant<Wanted, Wanted::all>());
  }
}

void add_one_tile(const Plan& plan, std::size_t tile, Wanted wanted, const std::uint16_t* digits, int digit,
                  Ahead& ahead, PlanSums& sums) {
  visit_wanted(wanted, [&](auto w) HWY_ATTR {
    add_one<w()>(plan, tile, digits, ahead, IntoRows<w()>{sums.data(), digit_bits * digit});
  });
}

void add_one_to_bins(const Plan& plan, std::size_t tile, Wanted wanted, const std::uint16_t* digits, int digit,
                     Ahead& ahead, FineSums& sums) {
  visit_wanted(wanted, [&](auto w) HWY_ATTR {
    add_one<w()>(plan, tile, digits, ahead,
                 IntoBins<w()>{sums.place_of(digit), plan.rows().data(), FineSums::shift(digit)});
  });
}

void add_many_tiles(const Plan& plan, std::size_t tile, Wanted wanted, const std::uint16_t* digits, int digit,
                    Ahead& ahead, PlanSums& sums) {
  visit_wanted(wanted, [&](auto w) HWY_ATTR { add_many<w()>(plan, tile, digits, digit_bits * digit, ahead, sums); });
}

#endif

}  // namespace annulus::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace annulus {

HWY_EXPORT(add_one_tile);
HWY_EXPORT(add_one_to_bins);
HWY_EXPORT(add_many_tiles);

void add_tile(const Plan& plan, std::size_t tile, Wanted wanted, const std::uint16_t* digits, int digit, Ahead& ahead,
              PlanSums& sums) {
  HWY_DYNAMIC_DISPATCH(add_one_tile)(plan, tile, wanted, digits, digit, ahead, sums);
}

void add_tile(const Plan& plan, std::size_t tile, Wanted wanted, const std::uint16_t* digits, int digit, Ahead& ahead,
              FineSums& sums) {
  HWY_DYNAMIC_DISPATCH(add_one_to_bins)(plan, tile, wanted, digits, digit, ahead, sums);
}

void add_tiles(const Plan& plan, std::size_t tile, Wanted wanted, const std::uint16_t* digits, int digit, Ahead& ahead,
               PlanSums& sums) {
  HWY_DYNAMIC_DISPATCH(add_many_tiles)(plan, tile, wanted, digits, digit, ahead, sums);
}

}  // namespace annulus
#endif
