// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

namespace annulus {

/// A random identifier in the form of RFC 4122, version 4.
[[nodiscard]] std::string make_uid();

}  // namespace annulus
