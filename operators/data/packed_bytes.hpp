// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <span>

namespace annulus {

/// The bytes of an array that are still packed. Who looks at the array unpacks them; who knows the packing may read
/// them as they are (see Array::packed).
class PackedBytes {
 public:
  virtual ~PackedBytes() = default;

  /// The elements, in this machine's byte order. Unpacked at the first call; may be called from several threads. Throws
  /// DataError when they cannot be unpacked.
  [[nodiscard]] virtual std::span<const std::byte> unpacked() const = 0;
};

}  // namespace annulus
