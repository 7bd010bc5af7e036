// SPDX-License-Identifier: BSD-3-Clause
#include "operators/correct/register.hpp"

#include "operators/correct/dark_subtract.hpp"

namespace annulus {

void register_correct(Registry& registry) {
  registry.add<DarkSubtract>("dark_subtract", Category::op, "Subtracts a dark image from every frame.");
}

}  // namespace annulus
