// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "operators/stream/registry.hpp"

namespace annulus {

/// The operators of this room.
void register_correct(Registry& registry);

}  // namespace annulus
