// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "operators/data/frame.hpp"

#include "operators/stream/transform.hpp"

namespace annulus {

/// Subtracts a dark image, pixel by pixel, in double precision. This is the operator to copy for a new one: it shows
/// parameters, the check of a configuration, preparation, and the work itself.
///   in "in": Frame (rows, cols) [counts]      out "out": Frame (rows, cols) of float64 [counts]
/// Pixels that the detector marks as unusable (negative, or the largest value of an unsigned type) become NaN, which
/// later operators leave out. For Poisson errors give the dark to integrate1d instead: the variance of a pixel is
/// that of its counts before subtraction.
class DarkSubtract final : public Transform<Frame, Frame> {
 public:
  explicit DarkSubtract(std::string name) : Transform(std::move(name)) {}

  void check(Problems& problems) const override;

 private:
  void init() override;
  std::optional<Frame> transform(const Frame& frame, const Context& context) override;

  Param<std::filesystem::path> dark_{
      *this, "dark", required, "image to subtract: TIFF, npy or file.h5:/dataset[:index]", {}, "counts"};
  Param<double> scale_{*this, "scale", 1.0, "factor on the dark, as for another exposure time"};

  Shape shape_;
  std::vector<double> scaled_;
};

}  // namespace annulus
