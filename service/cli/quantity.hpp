// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <string>

#include <fmt/format.h>

namespace annulus {

/// "512 B", "1.5 MB": for reading, in steps of 1000.
template <class Number>
std::string bytes_text(Number bytes) {
  constexpr std::array<const char*, 5> units{"B", "kB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 999.5 && unit + 1 < units.size()) {
    value /= 1000;
    ++unit;
  }
  return unit == 0 ? fmt::format("{:.0f} B", value) : fmt::format("{:.3g} {}", value, units[unit]);
}

}  // namespace annulus
