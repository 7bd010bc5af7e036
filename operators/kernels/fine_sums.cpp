// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/fine_sums.hpp"

#include <algorithm>

namespace annulus {
namespace {

__extension__ using Wide = __int128;

struct Share {
  Wide signal = 0;
  Wide variance = 0;
};

/// With c = 1/2 + (p + r / rest_unit) / part_unit the part of the upper bin, its square is
/// 1/4 + (p + r / rest_unit) / part_unit + (p^2 + 2 p r / rest_unit) / part_unit^2.
std::array<Share, 2> shares_of(const RowSums& sum, bool divided) {
  const Wide counts = sum.count - sum.zeros;
  if (!divided) return {Share{counts * signal_unit, Wide{sum.count} * variance_unit}, Share{}};
  const Wide upper =
      (counts * half_unit + (sum.tilt - sum.tilt_zeros)) * rest_unit + (sum.tilt_rest - sum.tilt_zeros_rest);
  const Wide even = Wide{sum.count} * half_unit * half_unit + (Wide{sum.squares} << 15) + 2 * Wide{sum.squares_rest};
  const Wide odd = Wide{sum.tilt} * part_unit + ((Wide{sum.tilt_rest} * half_unit + (1 << 14)) >> 15);
  return {Share{counts * signal_unit - upper, std::max<Wide>(0, even - odd)},
          Share{upper, std::max<Wide>(0, even + odd)}};
}
static_assert(2 * half_unit == part_unit && rest_unit == 2 << 15);

void add(const FineSums::Place& to, std::uint32_t bin, const Share& share, int shift) {
  const auto more = [shift](std::int64_t& sum, Wide number) {
    sum = static_cast<std::int64_t>(static_cast<std::uint64_t>(sum) +
                                    static_cast<std::uint64_t>(static_cast<std::int64_t>(number) << shift));
  };
  more(to.of(bin)->signal, share.signal);
  more(to.of(bin)->variance, share.variance);
}

}  // namespace

FineSums::Place FineSums::place_of(int digit) {
  const bool is_high = digit_bits * digit >= low_bits;
  high_used_ = high_used_ || is_high;
  Bank& bank = banks_[is_high ? 1 : 0];
  if (bank.empty()) bank.resize(bins_ + 1, FineSum());
  return {bank.data(), used_.data(), bins_};
}

void FineSums::add_digit(const PlanRow& row, const RowSums& sum, bool divided, int digit) {
  const auto [lower, upper] = shares_of(sum, divided);
  const Place place = place_of(digit);
  place.use(row);
  annulus::add(place, row.lower, lower, shift(digit));
  annulus::add(place, row.upper, upper, shift(digit));
}

void FineSums::add_any(const PlanRow& row, const RowSums& sum, bool divided) {
  constexpr int kept = 40;  // bits that go to the first bank
  const auto split = [](Wide number, Wide& high) {
    high = number >> kept << (kept - low_bits);
    return number & ((Wide{1} << kept) - 1);
  };
  const auto shares = shares_of(sum, divided);
  for (const bool is_upper : {false, true}) {
    const Share& share = shares[is_upper ? 1 : 0];
    Share high;
    const Share low{split(share.signal, high.signal), split(share.variance, high.variance)};
    const std::uint32_t bin = is_upper ? row.upper : row.lower;
    place_of(0).use(row);
    annulus::add(place_of(0), bin, low, 0);
    annulus::add(place_of(2), bin, high, 0);
  }
}

void FineSums::clear() {
  for (Bank& bank : banks_) {
    if (bank.empty()) continue;
    for (std::size_t k = 0; k < used_.size(); ++k) {
      if (is_used(k))
        std::fill_n(bank.begin() + k * block, std::min<std::size_t>(block, bank.size() - k * block), FineSum{});
    }
    bank[bins_] = {};
  }
  std::ranges::fill(used_, 0);
  high_used_ = false;
}

}  // namespace annulus
