// SPDX-License-Identifier: BSD-3-Clause
#include "operators/integrate/integrate1d.hpp"

#include <utility>

#include <fmt/format.h>

#include "operators/data/error.hpp"

#include "detectors/files/image_series.hpp"
#include "detectors/geometry/poni.hpp"

namespace annulus {
namespace {

std::optional<Array> read_if_given(const std::optional<std::filesystem::path>& path) {
  if (!path) return std::nullopt;
  return read_image(path->string());
}

std::optional<Range> range_of(const std::optional<std::array<double, 2>>& pair) {
  if (!pair) return std::nullopt;
  return Range{(*pair)[0], (*pair)[1]};
}

/// Adds to `problems` what `f` throws.
template <class F>
void collect(Problems& problems, const std::string& param, F&& f) {
  try {
    f();
  } catch (const std::exception& error) {
    problems.add(param, error.what());
  }
}

}  // namespace

const std::vector<std::string_view>& EnumNames<RadialUnit>::names() {
  static const std::vector<std::string_view> list = [] {
    std::vector<std::string_view> names;
    for (const RadialUnitInfo& unit : all_radial_units()) names.push_back(unit.name);
    return names;
  }();
  return list;
}

const std::vector<std::string_view>& EnumNames<Split>::names() {
  static const std::vector<std::string_view> list{name_of(Split::no), name_of(Split::bbox)};
  return list;
}

const std::vector<std::string_view>& EnumNames<ErrorModel>::names() {
  static const std::vector<std::string_view> list{name_of(ErrorModel::none), name_of(ErrorModel::poisson)};
  return list;
}

void Integrate1d::check(Problems& problems) const {
  const std::size_t before = problems.list().size();
  std::optional<Poni> poni;
  collect(problems, "poni", [&] { poni = read_poni(*poni_); });
  for (const auto* param : {&mask_, &dark_, &flat_}) {
    collect(problems, param->name(), [&] { (void)read_if_given(**param); });
  }
  if (poni && needs_wavelength(*unit_) && !poni->wavelength) {
    problems.add("unit", fmt::format("{} needs a wavelength (the poni file has none) choose 2th_deg, 2th_rad or r_mm",
                                     info(*unit_).name));
  }
  check_ranges(problems);
  if (problems.list().size() > before) return;
  collect(problems, "", [&] {
    const IntegrationOptions chosen = options();
    require_valid(chosen);
    if (poni->detector.has_shape()) (void)Integrator(*poni, chosen);
  });
}

void Integrate1d::check_ranges(Problems& problems) const {
  IntegrationOptions only;
  const auto check_one = [&](const char* param, auto set) {
    only = {};
    set();
    collect(problems, param, [&] { require_valid(only); });
  };
  check_one("polarization", [&] { only.polarization = *polarization_; });
  check_one("radial_range", [&] { only.radial_range = range_of(*radial_range_); });
  check_one("azimuth_range", [&] { only.azimuth_range = range_of(*azimuth_range_); });
}

IntegrationOptions Integrate1d::options() const {
  IntegrationOptions o;
  o.bins = static_cast<std::size_t>(*bins_);
  o.unit = *unit_;
  o.split = *split_;
  o.error_model = *error_model_;
  o.solid_angle = *solid_angle_ ? SolidAngle::correct : SolidAngle::ignore;
  o.polarization = *polarization_;
  o.radial_range = range_of(*radial_range_);
  o.azimuth_range = range_of(*azimuth_range_);
  if (*dummy_) o.dummy = BadValue{**dummy_, *delta_dummy_};
  if (*mask_) o.mask = read_mask((*mask_)->string());
  o.flat = read_if_given(*flat_);
  o.dark = read_if_given(*dark_);
  return o;
}

Dict Integrate1d::reduction() const {
  Dict dict{{"name", name()}, {"type", "integrate1d"}};
  Dict parameters;
  for (const ParamBase* param : params()) parameters.set(param->name(), param->text());
  dict.set("parameters", std::move(parameters));
  dict.set("poni", read_poni_text(*poni_));
  if (const auto wavelength = read_poni(*poni_).wavelength) dict.set("wavelength_m", *wavelength);
  dict.set("solid_angle_applied", *solid_angle_);
  dict.set("polarization_applied", polarization_->has_value());
  dict.set("normalization_applied", flat_->has_value());
  return dict;
}

void Integrate1d::init() {
  reduction_ = std::make_shared<const Dict>(reduction());
  const Poni poni = read_poni(*poni_);
  if (poni.detector.has_shape()) integrator_ = std::make_unique<const Integrator>(poni, options());
}

const Integrator& Integrate1d::integrator_for(const Shape& image) {
  const std::lock_guard lock(mutex_);
  if (!integrator_) {
    Poni poni = read_poni(*poni_);
    poni.detector = sized_for(std::move(poni.detector), image);
    integrator_ = std::make_unique<const Integrator>(poni, options());
  }
  return *integrator_;
}

std::optional<Pattern> Integrate1d::transform(const Frame& frame, const Context&) {
  Pattern pattern = integrator_for(frame.pixels.shape()).integrate(frame);
  pattern.reduction = reduction_;
  return pattern;
}

}  // namespace annulus
