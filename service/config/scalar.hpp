// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "operators/data/value.hpp"

namespace annulus {

/// What a plain (unquoted) YAML scalar means under the core schema of YAML 1.2 (section 10.3.2): null, true and false,
/// integers (also 0x and 0o), numbers; everything else is text. `yes`, `no`, `on` and `off` are texts.
[[nodiscard]] Value resolve_plain_scalar(const std::string& text);

}  // namespace annulus
