// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "operators/data/error.hpp"
#include "operators/data/value.hpp"

namespace annulus::bluesky {

/// Reads JSON as Python writes it, with the bare words NaN, Infinity and -Infinity. Arrays stay lists: JSON does not
/// say whether they are images. An integer beyond 64 bits reads as a double.
[[nodiscard]] Expected<Value, DecodeError> decode_json(std::span<const std::byte> payload);

/// Appends `value` as JSON on one line: arrays as nested lists, doubles with every digit needed to read them back,
/// not-a-number as Python writes it. Bytes, which JSON does not have, become text as in Python's latin1.
void encode_json(const Value& value, std::string& out);

}  // namespace annulus::bluesky
