// SPDX-License-Identifier: BSD-3-Clause
#include "operators/kernels/integration_options.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "operators/data/error.hpp"
#include "operators/data/text.hpp"

namespace annulus {
namespace {

// In the order of the enumerations.
constexpr std::array<std::string_view, 2> split_names{"no", "bbox"};
constexpr std::array<std::string_view, 2> error_model_names{"none", "poisson"};

constexpr std::size_t most_bins = 10'000'000;

template <class Enum>
Enum parse(std::string_view what, std::string_view name, std::span<const std::string_view> names) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) {
    throw ConfigError(fmt::format("'{}' is not {}.{}", name, what, suggest(name, names)));
  }
  return static_cast<Enum>(found - names.begin());
}

bool is_finite(const Range& range) { return std::isfinite(range.lo) && std::isfinite(range.hi); }

}  // namespace

Split parse_split(std::string_view name) { return parse<Split>("a way to split pixels", name, split_names); }

std::string_view name_of(Split split) noexcept { return split_names[static_cast<std::size_t>(split)]; }

ErrorModel parse_error_model(std::string_view name) {
  return parse<ErrorModel>("an error model", name, error_model_names);
}

std::string_view name_of(ErrorModel model) noexcept { return error_model_names[static_cast<std::size_t>(model)]; }

void require_valid(const IntegrationOptions& options) {
  std::vector<std::string> problems;
  if (options.bins == 0 || options.bins > most_bins) {
    problems.push_back(fmt::format("bins is {} (it must be between 1 and {})", options.bins, most_bins));
  }
  if (const auto& range = options.radial_range; range && !(is_finite(*range) && range->lo < range->hi)) {
    problems.push_back(fmt::format("the radial range {} to {} is empty (the first number must be the smaller one)",
                                   range->lo, range->hi));
  }
  if (const auto& range = options.azimuth_range; range) {
    if (!is_finite(*range) || range->lo == range->hi || range->hi - range->lo > 360 || range->hi - range->lo <= -360) {
      problems.push_back(fmt::format(
          "the azimuth range {} to {} degrees is not a sector (it must cover more than 0 and at most 360 degrees)",
          range->lo, range->hi));
    }
  }
  if (const auto& f = options.polarization; f && !(*f >= -1 && *f <= 1)) {
    problems.push_back(fmt::format("the polarization is {} (it must be between -1 and 1)", *f));
  }
  if (const SamplePose& s = options.sample; !std::isfinite(s.incident_angle) || !std::isfinite(s.tilt_angle)) {
    problems.push_back(
        fmt::format("the sample lies at {} and {} rad (both angles must be finite)", s.incident_angle, s.tilt_angle));
  }
  if (const int o = options.sample.sample_orientation; o < 1 || o > 8) {
    problems.push_back(fmt::format("sample_orientation is {} (it must be 1 to 8, as EXIF numbers orientations)", o));
  }
  if (const auto& depth = options.sensor_depth; depth && !(*depth > 0 && std::isfinite(*depth))) {
    problems.push_back(fmt::format("the optical depth of the sensor is {} (it must be positive)", *depth));
  }
  if (const auto& dummy = options.dummy; dummy && !(dummy->delta >= 0)) {
    problems.push_back(fmt::format("the tolerance of the dummy value is {} (it must not be negative)", dummy->delta));
  }
  if (!problems.empty()) throw ConfigError(problems);
}

}  // namespace annulus
