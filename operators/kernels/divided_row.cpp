// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/divided_row.hpp"

namespace annulus {

bool leave_out(std::span<const std::uint8_t> masked, DividedRow& row) {
  const std::uint8_t* const is_masked = masked.data();
  std::uint32_t* const lower = row.lower.data();
  std::uint32_t divided = 0;
  for (std::size_t col = 0; col < masked.size(); ++col) {
    const std::uint32_t bin = is_masked[col] != 0 ? DividedRow::outside : lower[col];
    divided |= bin == DividedRow::divided ? 1 : 0;
    lower[col] = bin;
  }
  return divided != 0;
}

void append_fractions(const DividedRow& row, std::size_t begin, std::size_t first, std::size_t last,
                      std::vector<Fraction>& out) {
  auto next = row.fractions.begin();
  for (std::size_t col = first; col < last; ++col) {
    const auto pixel = static_cast<std::uint32_t>(begin + col);
    const std::uint32_t bin = row.lower[col];
    const double upper = row.upper[col];
    if (bin == DividedRow::outside) continue;
    if (bin == DividedRow::divided) {
      for (; next != row.fractions.end() && next->pixel == pixel; ++next) out.push_back(*next);
      continue;
    }
    if (upper < 1) out.push_back({pixel, bin, 1 - upper});
    if (upper > 0) out.push_back({pixel, bin + 1, upper});
  }
}

}  // namespace annulus
