// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>

#include "operators/data/error.hpp"
#include "operators/data/value.hpp"

namespace annulus::bluesky {

/// The array that nested lists of numbers stand for, as JSON has to write one. Elements become `dtype`; without it
/// int32, int64, uint64 or float64, the first that holds them all. null reads as not-a-number. Errors: lists of
/// different lengths side by side, items that are not numbers, numbers that `dtype` cannot hold.
[[nodiscard]] Expected<Array, std::string> array_of_lists(const List& list, std::optional<DType> dtype);

}  // namespace annulus::bluesky
