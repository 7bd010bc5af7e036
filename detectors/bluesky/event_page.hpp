// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <string_view>

#include "operators/data/value.hpp"

namespace annulus::bluesky {

/// Number of events in an event_page document.
[[nodiscard]] std::size_t events_in(const Dict& page);

/// Row `row` of the columns that the page has under `name`.
[[nodiscard]] Dict row_of(const Dict& page, std::string_view name, std::size_t row);

/// Event `row` of an event_page (event-model: columns instead of events). What a column lacks is absent.
[[nodiscard]] Dict event_of(const Dict& page, std::size_t row);

}  // namespace annulus::bluesky
