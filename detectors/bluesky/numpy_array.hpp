// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "operators/data/array.hpp"
#include "operators/data/error.hpp"
#include "operators/data/value.hpp"

#include "detectors/bluesky/limits.hpp"

namespace annulus::bluesky {

/// How the elements of an array follow each other on the wire.
enum class MemoryOrder { c, fortran };

/// The numeric type that an array-protocol string names ("<u2"), or why it cannot be used: "numpy type '<c16' is
/// complex (only numbers and bool are read)".
[[nodiscard]] Expected<WireType, std::string> parse_wire_type(std::string_view typestr);

/// The dimensions as they follow each other in memory, slowest first.
[[nodiscard]] std::vector<std::size_t> axes_in_memory(std::size_t dimensions, MemoryOrder order);

/// An array over `bytes`, which `owner` keeps alive. Bytes are copied (and charged to `budget`) only where the byte
/// order or the order of the dimensions (`axes`: as they follow each other in memory, slowest first; each once) is not
/// ours. Errors: wrong number of bytes, too many dimensions, sizes that overflow.
[[nodiscard]] Expected<Array, std::string> make_array(WireType type, Shape shape, std::span<const std::size_t> axes,
                                                      std::span<const std::byte> bytes,
                                                      const std::shared_ptr<const void>& owner, Budget& budget);

/// The number in `bytes`: an integer or a double. Errors: wrong number of bytes.
[[nodiscard]] Expected<Value, std::string> make_scalar(WireType type, std::span<const std::byte> bytes);

/// True for numpy.bool_ ("|b1"), whose elements read as uint8 but whose scalars are booleans.
[[nodiscard]] bool is_bool(std::string_view typestr) noexcept;

}  // namespace annulus::bluesky
