// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "operators/data/error.hpp"
#include "operators/data/value.hpp"

namespace annulus::bluesky {

/// Reads one msgpack object in which arrays and scalars of numpy are the mappings of msgpack-numpy
/// ({nd, type, kind, shape, data}). Text that is not UTF-8 reads as Bytes. Arrays share the bytes of `payload`, which
/// `owner` keeps alive. Refused: extension types, keys that are not text, and numpy types that are not numbers.
[[nodiscard]] Expected<Value, DecodeError> decode_msgpack(std::span<const std::byte> payload,
                                                          std::shared_ptr<const void> owner);

/// Appends `value` as msgpack, arrays as msgpack-numpy 0.4 writes them. Throws DataError for an array of 4 GiB or
/// more, which msgpack cannot hold.
void encode_msgpack(const Value& value, std::string& out);

/// The length of the msgpack object that `bytes` begin with; nothing while it is incomplete. An error when they are
/// not msgpack.
[[nodiscard]] Expected<std::optional<std::size_t>, DecodeError> msgpack_length(std::span<const std::byte> bytes);

}  // namespace annulus::bluesky
