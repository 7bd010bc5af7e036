// SPDX-License-Identifier: BSD-3-Clause
#include "operators/integrate/detector_header.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "operators/data/error.hpp"

namespace annulus {

DetectorHeader::DetectorHeader(const Dict* start, std::string channel)
    : detector_(start == nullptr ? nullptr : dict_at(*start, "detector")), channel_(std::move(channel)) {
  if (detector_ == nullptr) {
    throw ConfigError(
        "the run's start tells nothing about the detector (only sources like 'simplon' do) take files instead of "
        "from_header");
  }
}

Poni DetectorHeader::poni() const {
  Poni poni;
  double column = 0;
  double row = 0;
  const std::pair<const char*, double*> wanted[] = {{"detector_distance", &poni.distance},
                                                    {"pixel_size_x", &poni.detector.pixel2},
                                                    {"pixel_size_y", &poni.detector.pixel1},
                                                    {"beam_center_x", &column},
                                                    {"beam_center_y", &row}};
  std::vector<std::string_view> missing;
  for (const auto& [key, number] : wanted) {
    *number = number_at(*detector_, key, std::nan(""));
    if (std::isnan(*number)) missing.emplace_back(key);
  }
  if (!missing.empty()) {
    throw ConfigError(fmt::format(
        "the detector's header has no {} (the detector was not told, or its header_detail is 'none') set it in the "
        "detector, or give a poni file",
        fmt::join(missing, ", ")));
  }
  poni.poni1 = row * poni.detector.pixel1;
  poni.poni2 = column * poni.detector.pixel2;
  const double wavelength = number_at(*detector_, "wavelength", std::nan(""));
  if (!std::isnan(wavelength)) poni.wavelength = wavelength;
  poni.detector.bad_value = bad_pixels;
  if (const List* shape = list_at(*detector_, "shape"); shape != nullptr && shape->size() == 2) {
    poni.detector.rows = static_cast<std::size_t>((*shape)[0].integer_or(0));
    poni.detector.cols = static_cast<std::size_t>((*shape)[1].integer_or(0));
  }
  poni.detector.sensor = sensor();
  require_valid(poni);
  return poni;
}

std::optional<Sensor> DetectorHeader::sensor() const {
  const std::string named = text_at(*detector_, "sensor_material");
  const std::string material = named == "Silicon" ? "Si" : named;
  const auto known = sensor_materials();
  if (std::ranges::find(known, material) == known.end()) return std::nullopt;
  return Sensor{material, std::max(0.0, number_at(*detector_, "sensor_thickness", 0))};
}

Array DetectorHeader::mask() const { return table("pixel_mask", "pixel_masks", "pixel mask"); }

std::optional<Array> DetectorHeader::flat() const {
  const Value* applied = detector_->find("flatfield_applied");
  if (applied == nullptr) {
    throw ConfigError(
        "the detector's header does not say whether the flat field has been applied (its header_detail is 'none') set "
        "it to 'all', or take 'flat' out of from_header");
  }
  if (applied->number_or(0) != 0) return std::nullopt;
  const Array& factors = table("flatfield", "flatfields", "flat field");
  auto efficiency = factors.to_vector<double>();
  for (double& value : efficiency) value = value > 0 && std::isfinite(value) ? 1 / value : 0;
  return Array::of<double>(factors.shape(), std::move(efficiency));
}

const Array& DetectorHeader::table(const char* one, const char* several, const char* what) const {
  const Dict* by_channel = dict_at(*detector_, several);
  const Value* value = by_channel == nullptr || channel_.empty() ? detector_->find(one) : by_channel->find(channel_);
  const Array* array = value == nullptr ? nullptr : value->get_if<Array>();
  if (array != nullptr) return *array;
  if (by_channel != nullptr) {
    throw ConfigError(fmt::format("the detector's header has no {} of the channel '{}'", what, channel_));
  }
  throw ConfigError(fmt::format(
      "the detector's header has no {} (its header_detail is not 'all', or the bytes were cut) set header_detail to "
      "'all' in the detector, or give a file instead of from_header",
      what));
}

}  // namespace annulus
