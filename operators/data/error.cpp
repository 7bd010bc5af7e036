// SPDX-License-Identifier: BSD-3-Clause
#include "operators/data/error.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace annulus {

std::string to_string(const DecodeError& error) { return fmt::format("{} (at byte {})", error.problem, error.offset); }

ConfigError::ConfigError(const std::vector<std::string>& messages)
    : std::runtime_error(fmt::format("{}", fmt::join(messages, "\n"))) {}

}  // namespace annulus
