// SPDX-License-Identifier: BSD-3-Clause
#include "operators/correct/dark_subtract.hpp"

#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "operators/data/error.hpp"

#include "detectors/files/image_series.hpp"

namespace annulus {
namespace {

template <class T>
bool is_unusable(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    return std::isnan(value);
  } else if constexpr (std::is_signed_v<T>) {
    return value < 0;
  } else {
    return value == std::numeric_limits<T>::max();
  }
}

}  // namespace

void DarkSubtract::check(Problems& problems) const {
  try {
    (void)read_image(dark_->string());
  } catch (const std::exception& error) {
    problems.add("dark", error.what());
  }
}

void DarkSubtract::init() {
  const Array dark = read_image(dark_->string());
  shape_ = dark.shape();
  scaled_ = dark.to_vector<double>();
  for (double& value : scaled_) value *= *scale_;
}

std::optional<Frame> DarkSubtract::transform(const Frame& frame, const Context&) {
  if (frame.pixels.shape() != shape_) {
    throw DataError(fmt::format("frame {} is {} (the dark is {}) use a dark of this detector", frame.number,
                                to_string(frame.pixels.shape()), to_string(shape_)));
  }
  std::vector<double> out(scaled_.size());
  frame.pixels.visit([&](auto pixels) {
    for (std::size_t i = 0; i < out.size(); ++i) {
      const auto value = pixels[i];
      out[i] = is_unusable(value) ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(value) - scaled_[i];
    }
  });
  Frame result = frame;
  result.pixels = Array::of<double>(shape_, std::move(out));
  return result;
}

}  // namespace annulus
