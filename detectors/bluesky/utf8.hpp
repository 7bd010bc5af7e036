// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace annulus::bluesky {

/// True when `text` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// The bytes that UTF-8 `text` stands for when each character is one byte (Python's 'latin1'); nothing when a
/// character is above U+00FF.
[[nodiscard]] std::optional<std::string> latin1_from_utf8(std::string_view text);

/// The start of foreign text for an error message: at most 60 characters, all that is not plain ASCII as '?'.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace annulus::bluesky
