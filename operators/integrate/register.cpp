// SPDX-License-Identifier: BSD-3-Clause
#include "operators/integrate/register.hpp"

#include "operators/integrate/integrate1d.hpp"

namespace annulus {

void register_integrate(Registry& registry) {
  registry.add<Integrate1d>("integrate1d", Category::op,
                            "Azimuthal integration of a frame to a pattern over a radial axis.");
}

}  // namespace annulus
