// SPDX-License-Identifier: BSD-3-Clause
#include "operators/integrate/integration_setups.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "operators/data/error.hpp"
#include "operators/data/text.hpp"

#include "detectors/files/image_series.hpp"
#include "detectors/geometry/poni.hpp"
#include "detectors/geometry/worker_json.hpp"
#include "operators/integrate/detector_header.hpp"
#include "operators/integrate/worker_parameters.hpp"

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

using MaybePair = std::optional<std::array<double, 2>>;

std::optional<Sector> sector_of(const MaybePair& bounds, const MaybePair& sector) {
  if (sector) return Sector{(*sector)[0], (*sector)[1]};
  if (bounds) return sector_between((*bounds)[0], (*bounds)[1]);
  return std::nullopt;
}

/// Not 0 where one of them is not.
Array either_mask(const Array& a, const Array& b) {
  if (a.shape() != b.shape()) {
    throw ConfigError(fmt::format("the mask is {} but that of the detector's header is {} (they must have one shape)",
                                  to_string(a.shape()), to_string(b.shape())));
  }
  std::vector<std::uint8_t> bad(a.size());
  for (const Array* mask : {&a, &b}) {
    mask->visit([&](auto values) {
      for (std::size_t i = 0; i < bad.size(); ++i) {
        if (values[i] != 0) bad[i] = 1;
      }
    });
  }
  return Array::of<std::uint8_t>(a.shape(), std::move(bad));
}

bool same_geometry(const Poni& a, const Poni& b) {
  return a.detector == b.detector && to_poni_text(a) == to_poni_text(b);
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

const std::vector<std::string_view>& EnumNames<OrientationConvention>::names() {
  static const std::vector<std::string_view> list{name_of(OrientationConvention::single_flip),
                                                  name_of(OrientationConvention::double_flip)};
  return list;
}

const std::vector<std::string_view>& EnumNames<Split>::names() {
  static const std::vector<std::string_view> list{name_of(Split::no), name_of(Split::bbox), name_of(Split::full)};
  return list;
}

const std::vector<std::string_view>& EnumNames<Spacing>::names() {
  static const std::vector<std::string_view> list{name_of(Spacing::linear), name_of(Spacing::logarithmic)};
  return list;
}

const std::vector<std::string_view>& EnumNames<ErrorModel>::names() {
  static const std::vector<std::string_view> list{name_of(ErrorModel::none), name_of(ErrorModel::poisson),
                                                  name_of(ErrorModel::variance), name_of(ErrorModel::azimuthal),
                                                  name_of(ErrorModel::hybrid)};
  return list;
}

const std::vector<std::string_view>& EnumNames<FromHeader>::names() {
  static const std::vector<std::string_view> list{"geometry", "mask", "flat"};
  return list;
}

bool IntegrationSetups::takes(FromHeader what) const {
  return std::ranges::find(*from_header_, what) != from_header_->end();
}

Poni IntegrationSetups::read_geometry(const std::filesystem::path& file) const {
  Poni poni = read_poni(file);
  poni.convention = *orientation_convention_;
  return poni;
}

void IntegrationSetups::take_settings(Problems& problems) {
  if (!*settings_ || settings_taken_) return;
  settings_taken_ = true;
  collect(problems, settings_.name(), [&] {
    std::vector<std::string_view> from_header;
    if (takes(FromHeader::geometry)) from_header.emplace_back(poni_.name());
    if (takes(FromHeader::flat)) from_header.emplace_back(flat_.name());
    set_from_worker(owner_, kind_.type, read_worker_json(**settings_), **settings_, std::move(from_header));
  });
}

void IntegrationSetups::check(Problems& problems) const {
  const std::size_t before = problems.list().size();
  std::optional<Poni> poni;
  check_origins(problems);
  if (*poni_) collect(problems, "poni", [&] { poni = read_geometry(**poni_); });
  for (const auto* param : {&mask_, &dark_, &dark_variance_, &variance_, &flat_}) {
    collect(problems, param->name(), [&] { (void)read_if_given(**param); });
  }
  if (poni && needs_wavelength(*unit_) && !poni->wavelength) {
    problems.add("unit", fmt::format("{} needs a wavelength (the poni file has none) choose 2th_deg, 2th_rad or r_mm",
                                     info(*unit_).name));
  }
  check_ranges(problems);
  check_errors(problems);
  if (problems.list().size() > before) return;
  if (poni && *sensor_absorption_) collect(problems, "sensor_absorption", [&] { (void)sensor_depth(*poni); });
  collect(problems, "", [&] {
    const IntegrationOptions chosen = options();
    require_valid(chosen);
    if (poni && poni->detector.has_shape()) (void)make_integrator(*poni, chosen);
  });
}

void IntegrationSetups::check_origins(Problems& problems) const {
  const bool geometry = takes(FromHeader::geometry);
  if (!geometry && !*poni_ && !*settings_) {
    problems.add("poni",
                 "missing (the geometry: a pyFAI .poni file) or 'from_header: [geometry]' if the detector tells it");
  }
  if (geometry && *poni_)
    problems.add("poni", "the geometry is also taken from_header (which one counts?) leave one out");
  if (takes(FromHeader::flat) && *flat_) {
    problems.add("flat", "the flat field is also taken from_header (which one counts?) leave one out");
  }
  if (!channel_->empty() && !takes(FromHeader::mask) && !takes(FromHeader::flat)) {
    problems.add("channel", "has no effect (it chooses a mask or flat field of the header) remove it");
  }
}

void IntegrationSetups::check_errors(Problems& problems) const {
  const bool given = *error_model_ == ErrorModel::variance;
  if (given && !*variance_) {
    problems.add("variance", "missing (the error model 'variance' takes it) name an image, or choose poisson");
  }
  if (!given && *variance_) {
    problems.add("variance", fmt::format("has no effect (the error model is '{}') set error_model to 'variance'",
                                         name_of(*error_model_)));
  }
  if (*dark_variance_ && !*dark_) {
    problems.add("dark_variance", "has no effect (there is no dark) remove it, or give the dark, too");
  }
}

void IntegrationSetups::check_ranges(Problems& problems) const {
  IntegrationOptions only;
  const auto check_one = [&](const char* param, auto set) {
    only = {};
    set();
    collect(problems, param, [&] { require_valid(only); });
  };
  check_one("polarization", [&] { only.polarization = *polarization_; });
  check_one("polarization_offset", [&] { only.polarization_offset = *polarization_offset_; });
  check_one("radial_range", [&] {
    only.radial_range = range_of(*radial_range_);
    only.spacing = *spacing_;
  });
  check_one("edges", [&] { only.edges = *edges_; });
  check_one("azimuth_range", [&] { only.sector = sector_of(*azimuth_range_, std::nullopt); });
  check_one("sector", [&] { only.sector = sector_of(std::nullopt, *sector_); });
  if (*azimuth_range_ && *sector_) {
    problems.add("sector", "there is also an azimuth_range (which one counts?) leave one out");
  }
}

IntegrationOptions IntegrationSetups::options() const {
  IntegrationOptions o;
  o.bins = static_cast<std::size_t>(*bins_);
  o.unit = *unit_;
  o.sample = {*incident_angle_, *tilt_angle_, *sample_orientation_};
  o.split = *split_;
  o.error_model = *error_model_;
  o.solid_angle = *solid_angle_ ? SolidAngle::correct : SolidAngle::ignore;
  o.polarization = *polarization_;
  o.polarization_offset = *polarization_offset_;
  o.radial_range = range_of(*radial_range_);
  o.spacing = *spacing_;
  o.edges = *edges_;
  o.sector = sector_of(*azimuth_range_, *sector_);
  if (*dummy_) o.dummy = BadValue{**dummy_, *delta_dummy_};
  if (*mask_) o.mask = read_mask((*mask_)->string());
  o.flat = read_if_given(*flat_);
  o.dark = read_if_given(*dark_);
  o.dark_variance = read_if_given(*dark_variance_);
  kind_.further(o);
  return o;
}

Dict IntegrationSetups::reduction(const Poni& poni, const IntegrationOptions& options, const Files& files) const {
  Dict dict{{"name", owner_.name()}, {"type", kind_.type}};
  Dict parameters;
  for (const ParamBase* param : owner_.params()) {
    const auto* file = param == &poni_ ? &files.poni : param == &mask_ ? &files.mask : nullptr;
    parameters.set(param->name(), file != nullptr ? ParamTraits<std::optional<Path>>::write(*file) : param->text());
  }
  dict.set("parameters", std::move(parameters));
  dict.set("poni", files.poni ? read_poni_text(*files.poni) : to_poni_text(poni));
  if (poni.wavelength) dict.set("wavelength_m", *poni.wavelength);
  dict.set("solid_angle_applied", *solid_angle_);
  dict.set("polarization_applied", polarization_->has_value());
  dict.set("normalization_applied", options.flat.has_value() || divides());
  return dict;
}

std::shared_ptr<IntegrationSetups::Setup> IntegrationSetups::make_setup(Poni poni, IntegrationOptions options,
                                                                        const Files& files) const {
  auto setup = std::make_shared<Setup>();
  if (*sensor_absorption_) options.sensor_depth = sensor_depth(poni);
  if (!options.flat) options.flat = poni.detector.flat;
  if (!options.dark) options.dark = poni.detector.dark;
  setup->reduction = std::make_shared<const Dict>(reduction(poni, options, files));
  setup->variance = read_if_given(*variance_);
  setup->poni = std::move(poni);
  setup->options = std::move(options);
  return setup;
}

void IntegrationSetups::init() {
  Problems problems;
  take_settings(problems);
  if (!problems.list().empty()) throw ConfigError(problems.list().front().message);
  options_ = options();
  if (!from_header_->empty()) return;
  newest_ = files();
  setup_ = setup_of_files(newest_);
  if (const Detector& detector = setup_->poni.detector; detector.has_shape()) images_ = {detector.rows, detector.cols};
  running_ = true;
}

std::shared_ptr<IntegrationSetups::Setup> IntegrationSetups::setup_of_files(const Files& files) const {
  if (!files.poni) throw ConfigError("the geometry is missing (a pyFAI .poni file) name one");
  Poni poni = read_geometry(*files.poni);
  IntegrationOptions options = options_;
  options.mask = files.mask ? std::optional(read_mask(files.mask->string())) : std::nullopt;
  if (!poni.detector.has_shape()) {
    const std::lock_guard lock(mutex_);
    if (!images_.empty()) poni.detector = sized_for(std::move(poni.detector), images_);
  }
  std::shared_ptr<Setup> setup = make_setup(std::move(poni), std::move(options), files);
  if (setup->poni.detector.has_shape()) setup->integrator = make_integrator(setup->poni, setup->options);
  return setup;
}

void IntegrationSetups::prepare(const WantedChange& wanted, Outcome outcome) {
  if (!running_) {
    throw ConfigError("cannot be changed yet, or ever with from_header (a setup is made for each run) restart");
  }
  background_.add([this, wanted, outcome = std::move(outcome)] {
    try {
      Files files = newest_;
      (wanted.param == &poni_ ? files.poni : files.mask) = ParamTraits<std::optional<Path>>::read(wanted.value);
      std::shared_ptr<Setup> setup = setup_of_files(files);
      newest_ = std::move(files);
      const std::lock_guard lock(mutex_);
      prepared_.push_back(std::move(setup));
    } catch (const std::exception& error) {
      outcome.refused(wanted, error.what());
      return;
    }
    outcome.ready(wanted);
  });
}

void IntegrationSetups::take_prepared() {
  const std::lock_guard lock(mutex_);
  setup_ = std::move(prepared_.front());
  prepared_.pop_front();
}

std::shared_ptr<IntegrationSetups::Setup> IntegrationSetups::setup_from_header(const Dict* start) const {
  const DetectorHeader header(start, *channel_);
  Poni poni = *poni_ ? read_geometry(**poni_) : header.poni();
  if (needs_wavelength(*unit_) && !poni.wavelength) {
    throw ConfigError(fmt::format(
        "{} needs a wavelength (the detector's header has none) tell the detector its photon energy, or choose 2th_deg",
        info(*unit_).name));
  }
  if (!poni.detector.bad_value) poni.detector.bad_value = DetectorHeader::bad_pixels;
  IntegrationOptions options = options_;
  if (takes(FromHeader::mask))
    options.mask = options_.mask ? either_mask(*options_.mask, header.mask()) : header.mask();
  if (takes(FromHeader::flat)) options.flat = header.flat();
  return make_setup(std::move(poni), std::move(options), files());
}

void IntegrationSetups::run_started(const Run& run, const Context& context) {
  if (from_header_->empty()) return;
  try {
    std::shared_ptr<Setup> setup = setup_from_header(run.metadata().get());
    const bool same = setup_ && same_geometry(setup->poni, setup_->poni) &&
                      setup->options.mask == setup_->options.mask && setup->options.flat == setup_->options.flat;
    if (same) {
      setup = setup_;
    } else if (setup->poni.detector.has_shape()) {
      setup->integrator = make_integrator(setup->poni, setup->options);
    }
    setup_ = setup;
    const std::lock_guard lock(mutex_);
    runs_[&run] = std::move(setup);
  } catch (const std::exception& error) {
    context.run->fail(fmt::format("{}: {}", owner_.name(), error.what()));
    throw;
  }
}

void IntegrationSetups::run_stopped(const Run& run) {
  const std::lock_guard lock(mutex_);
  runs_.erase(&run);
}

double IntegrationSetups::divisor_of(const Frame& frame) const {
  return *normalization_factor_ * (monitor_->empty() ? 1 : monitor_of(frame));
}

double IntegrationSetups::monitor_of(const Frame& frame) const {
  const Value* reading = frame.readings ? frame.readings->find(*monitor_) : nullptr;
  if (reading == nullptr) {
    std::vector<std::string_view> names;
    if (frame.readings) {
      for (const auto& [name, value] : *frame.readings) names.push_back(name);
    }
    const std::string others = names.empty() ? " leave 'monitor' out" : "." + suggest(*monitor_, names);
    throw DataError(fmt::format("frame {} cannot be normalized (its event has no reading '{}'){}", frame.number,
                                *monitor_, others));
  }
  const double monitor = reading->get_if<bool>() ? std::nan("") : reading->number_or(std::nan(""));
  if (!(monitor > 0) || !std::isfinite(monitor)) {
    throw DataError(
        fmt::format("frame {} cannot be normalized (its monitor '{}' is {}) check whether there was beam, or leave "
                    "'monitor' out",
                    frame.number, *monitor_, reading->to_text()));
  }
  return monitor;
}

std::shared_ptr<IntegrationSetups::Setup> IntegrationSetups::setup_of(const Context& context) {
  if (from_header_->empty()) return setup_;
  const std::lock_guard lock(mutex_);
  return runs_.at(context.run);
}

AnyIntegrator IntegrationSetups::make_integrator(const Poni& poni, const IntegrationOptions& options) const {
  return kind_.make(poni, options, static_cast<std::size_t>(*threads_));
}

const AnyIntegrator& IntegrationSetups::integrator_for(Setup& setup, const Shape& image) const {
  const std::lock_guard lock(setup.mutex);
  if (!setup.integrator) {
    Poni poni = setup.poni;
    poni.detector = sized_for(std::move(poni.detector), image);
    {
      const std::lock_guard here(mutex_);
      images_ = image;
    }
    setup.integrator = make_integrator(poni, setup.options);
  }
  return *setup.integrator;
}

}  // namespace annulus
