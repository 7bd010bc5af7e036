// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <memory>
#include <vector>

#include "operators/data/pattern.hpp"

namespace annulus::test {

/// A pattern of three bins whose intensities are `number`, NaN and 10.
inline Pattern sample_pattern(std::uint64_t number) {
  Pattern pattern;
  pattern.number = number;
  pattern.time = 1.5;
  pattern.axis = std::make_shared<const RadialAxis>(RadialAxis::uniform(RadialUnit::q_nm, 0, 3, 3));
  pattern.intensity = {static_cast<double>(number), std::nan(""), 10};
  pattern.sigma = {1, std::nan(""), 0.5};
  return pattern;
}

/// A cake of two azimuthal and three radial bins whose intensities are `number`, NaN and 10, then 1, 2 and 3.
inline Cake sample_cake(std::uint64_t number) {
  Cake cake;
  cake.number = number;
  cake.time = 1.5;
  cake.axis = std::make_shared<const RadialAxis>(RadialAxis::uniform(RadialUnit::q_nm, 0, 3, 3));
  cake.azimuthal_axis = std::make_shared<const AzimuthalAxis>(AzimuthalAxis::between({-180, 0, 180}));
  cake.intensity = {static_cast<double>(number), std::nan(""), 10, 1, 2, 3};
  return cake;
}

/// A frame of 2 x 3 pixels, one of them masked.
inline Frame sample_frame(std::uint64_t number) {
  return {number, 2.5, Array::of<std::int32_t>({2, 3}, {1, 2, 3, 4, -1, 90}), nullptr};
}

}  // namespace annulus::test
