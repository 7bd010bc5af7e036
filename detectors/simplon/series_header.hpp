// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "detectors/simplon/series.hpp"

namespace annulus::simplon {

/// Which stream a header belongs to: both tell the same, in other words.
enum class Version { v1, v2 };

/// Fills the members of `start` that its `header` tells, in whichever version's words.
void read_header(SeriesStart& start);

/// A header that says in one version's words what the members of `start` say, and after that whatever else its
/// `header` has.
[[nodiscard]] Dict write_header(const SeriesStart& start, Version version);

/// A time of RFC 3339 ("2024-03-12T15:29:58.142+01:00") in seconds since 1970-01-01 UTC; nothing for any other text,
/// and for a time without zone.
[[nodiscard]] std::optional<double> parse_time(std::string_view text);
/// The inverse, in UTC to the microsecond.
[[nodiscard]] std::string format_time(double time);

/// A value when it is a finite number.
[[nodiscard]] std::optional<double> number_of(const Value* value);
/// A value when it is a whole number from 0 on.
[[nodiscard]] std::optional<std::uint64_t> natural_of(const Value* value);

}  // namespace annulus::simplon
