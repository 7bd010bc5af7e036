// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "operators/data/error.hpp"
#include "operators/data/value.hpp"

namespace annulus::bluesky {

/// Reads a Python pickle of protocol 0 to 5 (CPython Lib/pickletools.py) that holds plain data, numeric numpy arrays,
/// and scalars of numpy that are numbers or text. Nothing is ever executed: a global resolves to one of a few known
/// names or the pickle is refused. Tuples and OrderedDicts read as List and Dict. Arrays share the bytes of `payload`,
/// which `owner` keeps alive. Errors name the opcode or global, and the byte.
[[nodiscard]] Expected<Value, DecodeError> decode_pickle(std::span<const std::byte> payload,
                                                         std::shared_ptr<const void> owner);

/// Appends `value` as a pickle of protocol 4 that loads with Python 3.4 and later and with numpy 1 and 2.
void encode_pickle(const Value& value, std::string& out);

}  // namespace annulus::bluesky
