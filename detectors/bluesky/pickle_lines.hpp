// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string_view>

#include "detectors/bluesky/pickle_items.hpp"
#include "detectors/bluesky/pickle_opcodes.hpp"

namespace annulus::bluesky::pickle {

/// The value that protocol 0 writes as a line of text behind INT, LONG, FLOAT, STRING or UNICODE.
[[nodiscard]] Expected<Item, std::string> read_value_line(Opcode opcode, std::string_view line, Heap& heap);

}  // namespace annulus::bluesky::pickle
