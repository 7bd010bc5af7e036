// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

namespace annulus {

/// Logs to standard error, lines with time and level. Throws ConfigError for a level that is not known.
void set_up_log(const std::string& level);

}  // namespace annulus
