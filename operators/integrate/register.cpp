// SPDX-License-Identifier: BSD-3-Clause
#include "operators/integrate/register.hpp"

#include "operators/integrate/integrate1d.hpp"
#include "operators/integrate/integrate2d.hpp"
#include "operators/integrate/integrate_radial.hpp"
#include "operators/integrate/quantile.hpp"
#include "operators/integrate/sigma_clip.hpp"

namespace annulus {

void register_integrate(Registry& registry) {
  registry.add<Integrate1d>("integrate1d", Category::op,
                            "Azimuthal integration of a frame to a pattern over a radial axis.");
  registry.add<Integrate2d>("integrate2d", Category::op,
                            "Integration of a frame over radial and azimuthal bins: a cake.");
  registry.add<IntegrateRadial>("integrate_radial", Category::op,
                                "Integration of a radial range of a frame to a pattern over the azimuth.");
  registry.add<SigmaClip1d>("sigma_clip", Category::op,
                            "Azimuthal integration without outliers: pixels far from the mean of their bin.");
  registry.add<Median1d>("median", Category::op, "The median of the pixels of each radial bin of a frame.");
  registry.add<Quantile1d>("quantile", Category::op,
                           "Azimuthal integration of the pixels between two percentiles of each radial bin.");
}

}  // namespace annulus
