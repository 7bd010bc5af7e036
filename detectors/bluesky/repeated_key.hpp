// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "operators/data/value.hpp"

namespace annulus::bluesky {

/// A key that occurs more than once, or null. For decoders, which append without looking: sorts instead of comparing
/// all pairs, so that a hostile mapping cannot take quadratic time.
[[nodiscard]] const std::string* repeated_key(const Dict::Keys& keys);

}  // namespace annulus::bluesky
