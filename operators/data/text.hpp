// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace annulus {

/// The candidate most like `word` (few edits away, else the only one that begins with it), or empty when none is near:
/// for "did you mean" in error messages.
[[nodiscard]] std::string_view closest(std::string_view word, std::span<const std::string_view> candidates);

/// " Did you mean 'x'?" when a candidate is near, else " Choose one of: a, b, c.".
[[nodiscard]] std::string suggest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace annulus
