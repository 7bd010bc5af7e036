// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/division.hpp"

#include <cmath>

#include <fmt/format.h>

#include "operators/data/error.hpp"

namespace annulus {
namespace {

std::vector<double> values_of(std::string_view what, const std::optional<Array>& array, const Detector& detector) {
  if (!array) return {};
  const Shape shape{detector.rows, detector.cols};
  if (array->shape() != shape) {
    throw DataError(fmt::format("the {} is {} but the detector {} is {} (they must have the same shape)", what,
                                to_string(array->shape()), detector.name, to_string(shape)));
  }
  return array->to_vector<double>();
}

}  // namespace

Division divide_pixels(const Poni& poni, const IntegrationOptions& options, std::size_t threads) {
  const Divider divider(poni, options, threads);
  Division division;
  division.detector = poni.detector;
  division.axis = divider.radial_axis();
  division.azimuthal_axis = divider.azimuthal_axis();
  division.bins = divider.bins();
  division.normalization.assign(divider.normalization().begin(), divider.normalization().end());
  division.dark = values_of("dark", options.dark, poni.detector);
  division.dark_variance = values_of("variance of the dark", options.dark_variance, poni.detector);
  divider.divide(0, divider.pixels(), division.fractions);
  if (!division.dark_variance.empty()) {
    std::erase_if(division.fractions,
                  [&](const Fraction& f) { return !std::isfinite(division.dark_variance[f.pixel]); });
  }
  return division;
}

std::optional<BadValue> bad_value_for(const IntegrationOptions& options, const Detector& detector, DType dtype) {
  if (options.dummy) return options.dummy;
  if (options.detector_bad_value == DetectorBadValue::ignore) return std::nullopt;
  return bad_value_of(detector, dtype);
}

void require_usable(const Division& division, ErrorModel model, const Array& image, const Exposure& exposure) {
  if (image.shape() != division.shape()) {
    throw DataError(fmt::format("the image is {} but the detector {} is {} (they must have the same shape)",
                                to_string(image.shape()), division.detector.name, to_string(division.shape())));
  }
  if (!std::isfinite(exposure.monitor) || exposure.monitor == 0) {
    throw DataError(fmt::format("the monitor is {} (a frame cannot be normalized by it)", exposure.monitor));
  }
  if (model != ErrorModel::variance) return;
  if (exposure.variance == nullptr) {
    throw DataError("there are no variances (the error model 'variance' takes them with each frame) choose poisson");
  }
  if (exposure.variance->shape() != division.shape()) {
    throw DataError(fmt::format("the variances are {} but the detector {} is {} (they must have the same shape)",
                                to_string(exposure.variance->shape()), division.detector.name,
                                to_string(division.shape())));
  }
}

}  // namespace annulus
