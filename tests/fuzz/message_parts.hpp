// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "detectors/simplon/series.hpp"

namespace annulus::fuzz {

/// A multipart message of an input: per part two bytes of length (little-endian) and its bytes, each part in memory of
/// its own, so that a sanitizer sees its end.
inline std::vector<simplon::Part> parts_of(const std::uint8_t* data, std::size_t size) {
  std::vector<simplon::Part> parts;
  for (std::size_t at = 0; at + 2 <= size;) {
    const std::size_t length = std::min<std::size_t>(data[at] | data[at + 1] << 8U, size - at - 2);
    const auto owner = std::make_shared<const std::string>(reinterpret_cast<const char*>(data) + at + 2, length);
    parts.push_back({std::as_bytes(std::span(*owner)), owner});
    at += 2 + length;
  }
  return parts;
}

}  // namespace annulus::fuzz
