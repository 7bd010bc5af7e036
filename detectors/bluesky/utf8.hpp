// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace annulus::bluesky {

/// True when `text` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// The bytes that UTF-8 `text` stands for when each character is one byte (Python's 'latin1'); nothing when a
/// character is above U+00FF.
[[nodiscard]] std::optional<std::string> latin1_from_utf8(std::string_view text);

/// Appends the character with this code, at most 0x10FFFF (a surrogate gives what is not UTF-8).
void append_utf8(char32_t code, std::string& out);

/// The text of 4-byte codes, as numpy keeps it: without the zeros at its end. Nothing when a code is no character.
[[nodiscard]] std::optional<std::string> utf8_from_utf32(std::span<const std::byte> bytes, bool swapped);

/// The start of foreign text for an error message: at most 60 characters, all that is not plain ASCII as '?'.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace annulus::bluesky
