// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace annulus::bluesky {

/// Python's json writes NaN, Infinity and -Infinity as bare words, which JSON does not know. The text with each of
/// them replaced by a number of unusual spelling, which json_word() recognises; nothing when there are none.
[[nodiscard]] std::optional<std::string> spell_json_words(std::string_view text);

/// The value a number's spelling stands for if spell_json_words() made it.
[[nodiscard]] std::optional<double> json_word(std::string_view spelling) noexcept;

}  // namespace annulus::bluesky
