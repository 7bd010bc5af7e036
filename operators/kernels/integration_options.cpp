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
constexpr std::array<std::string_view, 3> split_names{"no", "bbox", "full"};
constexpr std::array<std::string_view, 5> error_model_names{"none", "poisson", "variance", "azimuthal", "hybrid"};
constexpr std::array<std::string_view, 2> spacing_names{"linear", "logarithmic"};

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

Spacing parse_spacing(std::string_view name) { return parse<Spacing>("a spacing of bins", name, spacing_names); }

std::string_view name_of(Spacing spacing) noexcept { return spacing_names[static_cast<std::size_t>(spacing)]; }

Sector sector_between(double lo, double hi) noexcept { return {lo, hi >= lo ? hi - lo : hi - lo + 360}; }

namespace {

using Problems = std::vector<std::string>;

void check_edges(std::string_view what, const std::vector<double>& edges, Problems& problems) {
  if (edges.empty()) return;
  if (edges.size() < 2) return problems.push_back(fmt::format("there is one {} edge (bins need at least two)", what));
  for (std::size_t i = 0; i < edges.size(); ++i) {
    if (!std::isfinite(edges[i]) || (i > 0 && !(edges[i] > edges[i - 1]))) {
      return problems.push_back(
          fmt::format("the {} edge number {} is {} (edges must be numbers that increase)", what, i + 1, edges[i]));
    }
  }
}

void check_radial_axis(const IntegrationOptions& options, Problems& problems) {
  if (options.bins == 0 || options.bins > most_bins) {
    problems.push_back(fmt::format("bins is {} (it must be between 1 and {})", options.bins, most_bins));
  }
  check_edges("radial", options.edges, problems);
  const auto& range = options.radial_range;
  if (range && !(is_finite(*range) && range->lo < range->hi)) {
    problems.push_back(fmt::format("the radial range {} to {} is empty (the first number must be the smaller one)",
                                   range->lo, range->hi));
  }
  if (range && options.spacing == Spacing::logarithmic && !(range->lo > 0)) {
    problems.push_back(
        fmt::format("the radial range begins at {} (logarithmic bins need it to be more than 0)", range->lo));
  }
  if (!options.edges.empty() && (range || options.spacing != Spacing::linear)) {
    problems.emplace_back("there are radial edges beside a range or a spacing (which one counts?) leave one out");
  }
}

/// Of units that come round: azimuths.
void check_turn(const IntegrationOptions& options, Problems& problems) {
  const double period = info(options.unit).period;
  if (period == 0) return;
  const auto check = [&](std::string_view what, double extent) {
    if (extent > period * (1 + 1e-12)) {
      problems.push_back(fmt::format("the radial {} more than a whole turn (a pixel would be in two bins)", what));
    }
  };
  if (options.radial_range) check("range covers", options.radial_range->hi - options.radial_range->lo);
  if (options.edges.size() > 1) check("edges cover", options.edges.back() - options.edges.front());
  if (options.split == Split::full &&
      (options.sector || options.azimuthal_bins > 0 || !options.azimuthal_edges.empty())) {
    problems.push_back(fmt::format(
        "there is a sector or an azimuthal axis beside the unit {} (which is an azimuth too: polygons have no "
        "area in both) give a radial range instead, or choose the split bbox",
        info(options.unit).name));
  }
}

void check_azimuthal_axis(const IntegrationOptions& options, Problems& problems) {
  if (const auto& sector = options.sector;
      sector && !(std::isfinite(sector->start) && sector->extent > 0 && sector->extent <= 360)) {
    problems.push_back(
        fmt::format("the sector from {} degrees over {} is none (it must cover more than 0 and at most 360 degrees)",
                    sector->start, sector->extent));
  }
  check_edges("azimuthal", options.azimuthal_edges, problems);
  if (options.azimuthal_edges.size() > 1 && options.azimuthal_edges.back() - options.azimuthal_edges.front() > 360) {
    problems.emplace_back("the azimuthal edges cover more than 360 degrees (a pixel would be in two bins)");
  }
  if (!options.azimuthal_edges.empty() && (options.sector || options.azimuthal_bins > 0)) {
    problems.emplace_back(
        "there are azimuthal edges beside a sector or a number of bins (which one counts?) leave one out");
  }
  if (options.azimuthal_bins > most_bins / std::max<std::size_t>(options.bins, 1)) {
    problems.push_back(fmt::format("{} times {} bins are too many (at most {} together)", options.azimuthal_bins,
                                   options.bins, most_bins));
  }
}

}  // namespace

void require_valid(const IntegrationOptions& options) {
  Problems problems;
  check_radial_axis(options, problems);
  check_azimuthal_axis(options, problems);
  check_turn(options, problems);
  if (const auto& f = options.polarization; f && !(*f >= -1 && *f <= 1)) {
    problems.push_back(fmt::format("the polarization is {} (it must be between -1 and 1)", *f));
  }
  if (!std::isfinite(options.polarization_offset)) {
    problems.push_back(
        fmt::format("the polarization's offset is {} (it must be an angle)", options.polarization_offset));
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
