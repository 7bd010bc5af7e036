// SPDX-License-Identifier: BSD-3-Clause
#include "operators/data/uid.hpp"

#include <cstdint>
#include <random>

#include <fmt/format.h>

namespace annulus {

std::string make_uid() {
  std::random_device entropy;
  const auto word = [&] { return static_cast<std::uint64_t>(entropy()) << 32U | entropy(); };
  const std::uint64_t high = (word() & ~0xF000ULL) | 0x4000ULL;
  const std::uint64_t low = (word() & ~(3ULL << 62U)) | (2ULL << 62U);
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32U, (high >> 16U) & 0xFFFFU, high & 0xFFFFU,
                     low >> 48U, low & 0xFFFFFFFFFFFFULL);
}

}  // namespace annulus
