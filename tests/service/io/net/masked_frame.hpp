// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

namespace annulus::testing {

/// A frame as a client sends it; `first` holds the flags and the opcode.
inline std::string masked(unsigned first, const std::string& payload) {
  constexpr unsigned char mask[] = {0x12, 0x34, 0x56, 0x78};
  const auto byte = [](std::size_t value) { return static_cast<char>(static_cast<unsigned char>(value & 0xFF)); };
  std::string bytes(1, byte(first));
  const std::size_t size = payload.size();
  if (size < 126) {
    bytes += byte(0x80 | size);
  } else if (size < 65536) {
    bytes += {byte(0x80 | 126), byte(size >> 8), byte(size)};
  } else {
    bytes += byte(0x80 | 127);
    for (int shift = 56; shift >= 0; shift -= 8) bytes += byte(size >> shift);
  }
  for (const unsigned char m : mask) bytes += byte(m);
  for (std::size_t i = 0; i < size; ++i) bytes += byte(static_cast<unsigned char>(payload[i]) ^ mask[i % 4]);
  return bytes;
}

}  // namespace annulus::testing
