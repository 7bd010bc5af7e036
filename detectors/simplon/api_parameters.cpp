// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/simplon/api_parameters.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "operators/data/units.hpp"

#include "detectors/simplon/series_header.hpp"

namespace annulus::simplon {
namespace {

constexpr double readout_time = 1e-7;  // between two frames [s]
constexpr double longest = 3600;       // exposure [s]
constexpr double most_images = 2e9;
constexpr double hc_ev_angstrom = hc_ev_m * 1e10;
constexpr int most_thresholds = 4;

/// Where a threshold is when nobody has put it elsewhere: the first at half the photons' energy, as in the detector.
double threshold_at(int threshold, double energy) { return energy * (4 + threshold) / 10; }

using Parameters = std::vector<ApiParameter>;

ApiParameter fact(std::string name, Value value, std::string type, std::string unit = {}) {
  return {.name = std::move(name), .value = std::move(value), .type = std::move(type), .unit = std::move(unit)};
}

ApiParameter real(std::string name, double value, double min, double max, std::string unit = {}) {
  return {.name = std::move(name),
          .value = value,
          .type = "float",
          .writable = true,
          .min = min,
          .max = max,
          .unit = std::move(unit)};
}

ApiParameter count(std::string name, std::uint64_t value, double min, double max) {
  return {.name = std::move(name), .value = value, .type = "uint", .writable = true, .min = min, .max = max};
}

ApiParameter text(std::string name, std::string value) {
  return {.name = std::move(name), .value = std::move(value), .type = "string", .writable = true};
}

ApiParameter flag(std::string name, bool value) {
  return {.name = std::move(name), .value = value, .type = "bool", .writable = true};
}

ApiParameter choice(std::string name, std::string value, List allowed) {
  return {.name = std::move(name),
          .value = std::move(value),
          .type = "string",
          .writable = true,
          .allowed = std::move(allowed)};
}

const List switched{"enabled", "disabled"};

std::uint64_t masked_pixels(const SeriesStart& detector) {
  if (detector.pixel_masks.empty()) return 0;
  const auto mask = detector.pixel_masks.front().values.to_vector<std::uint32_t>();
  return static_cast<std::uint64_t>(std::ranges::count_if(mask, [](std::uint32_t bits) { return bits != 0; }));
}

void add_facts(const SeriesStart& detector, Parameters& list) {
  const std::string config = "detector/config/";
  const double cutoff = detector.saturation.value_or(0);
  list.push_back(fact(config + "description", detector.description, "string"));
  list.push_back(fact(config + "detector_number", "SIM-0001", "string"));
  list.push_back(fact(config + "software_version", "1.8.0", "string"));
  list.push_back(fact(config + "data_collection_date", "", "string"));
  list.push_back(fact(config + "sensor_material", detector.sensor_material, "string"));
  list.push_back(fact(config + "sensor_thickness", detector.sensor_thickness.value_or(0), "float", "m"));
  list.push_back(fact(config + "x_pixel_size", detector.pixel_size_x.value_or(0), "float", "m"));
  list.push_back(fact(config + "y_pixel_size", detector.pixel_size_y.value_or(0), "float", "m"));
  list.push_back(fact(config + "x_pixels_in_detector", std::uint64_t{detector.cols}, "uint"));
  list.push_back(fact(config + "y_pixels_in_detector", std::uint64_t{detector.rows}, "uint"));
  list.push_back(fact(config + "bit_depth_image", std::uint64_t{32}, "uint"));
  list.push_back(fact(config + "bit_depth_readout", std::uint64_t{16}, "uint"));
  list.push_back(fact(config + "detector_readout_time", readout_time, "float", "s"));
  list.push_back(fact(config + "countrate_correction_count_cutoff", static_cast<std::uint64_t>(cutoff), "uint"));
  list.push_back(fact(config + "number_of_excluded_pixels", masked_pixels(detector), "uint"));
}

void add_experiment(const SeriesStart& detector, Parameters& list) {
  const std::string config = "detector/config/";
  const double energy = detector.energy.value_or(12400);
  list.push_back(real(config + "beam_center_x", detector.beam_center_x.value_or(0), -1e6, 1e6));
  list.push_back(real(config + "beam_center_y", detector.beam_center_y.value_or(0), -1e6, 1e6));
  list.push_back(real(config + "detector_distance", detector.detector_distance.value_or(0), 0, 1000, "m"));
  list.push_back(real(config + "photon_energy", energy, 1000, 1e6, "eV"));
  list.push_back(
      real(config + "wavelength", hc_ev_angstrom / energy, hc_ev_angstrom / 1e6, hc_ev_angstrom / 1000, "angstrom"));
  list.push_back(real(config + "threshold_energy", threshold_at(1, energy), 0, 1e6, "eV"));
  for (int threshold = 1; threshold <= most_thresholds; ++threshold) {
    const std::string group = fmt::format("{}threshold/{}/", config, threshold);
    list.push_back(real(group + "energy", threshold_at(threshold, energy), 0, 1e6, "eV"));
    list.push_back(choice(group + "mode", threshold == 1 ? "enabled" : "disabled", switched));
  }
  list.push_back(choice(config + "threshold/difference/mode", "disabled", switched));
  for (const char* axis : {"chi", "kappa", "omega", "phi", "two_theta"}) {
    list.push_back(real(fmt::format("{}{}_start", config, axis), 0, -1e6, 1e6, "degree"));
    list.push_back(real(fmt::format("{}{}_increment", config, axis), 0, -1e6, 1e6, "degree"));
  }
  list.push_back(text(config + "sample_name", ""));
}

void add_acquisition(Parameters& list) {
  const std::string config = "detector/config/";
  list.push_back(real(config + "count_time", 0.1 - readout_time, 1e-7, longest, "s"));
  list.push_back(real(config + "frame_time", 0.1, 2e-7, longest, "s"));
  list.push_back(count(config + "nimages", 1, 1, most_images));
  list.push_back(count(config + "ntrigger", 1, 1, most_images));
  list.push_back(choice(config + "trigger_mode", "ints", {"ints", "inte", "exts", "exte"}));
  list.push_back(real(config + "trigger_start_delay", 0, 0, 60, "s"));
  list.push_back(choice(config + "compression", "bslz4", {"bslz4", "lz4", "none"}));
  list.push_back(choice(config + "roi_mode", "disabled", {"disabled"}));
  for (const char* name : {"auto_summation", "countrate_correction_applied", "flatfield_correction_applied",
                           "pixel_mask_applied", "virtual_pixel_correction_applied"}) {
    list.push_back(flag(config + name, true));
  }
}

void add_detector_status(Parameters& list) {
  const std::string status = "detector/status/";
  list.push_back(fact(status + "state", "na", "string"));
  list.push_back(fact(status + "error", List{}, "string[]"));
  list.push_back(fact(status + "time", "", "datetime"));
  list.push_back(fact(status + "board_000/th0_temp", 24.5, "float", "degree C"));
  list.push_back(fact(status + "board_000/th0_humidity", 12.0, "float", "%"));
  list.push_back(fact(status + "builder/dcu_buffer_free", 100.0, "float", "%"));
  list.push_back(fact(status + "high_voltage/state", "READY", "string"));
}

/// The ways out of the detector: it has the stream; what it does not have says that it is disabled.
void add_interfaces(Parameters& list) {
  list.push_back(choice("stream/config/mode", "enabled", switched));
  list.push_back(choice("stream/config/format", "cbor", {"cbor", "legacy"}));
  list.push_back(choice("stream/config/header_detail", "all", {"all", "basic", "none"}));
  list.push_back(text("stream/config/header_appendix", ""));
  list.push_back(text("stream/config/image_appendix", ""));
  list.push_back(fact("stream/status/state", "ready", "string"));
  list.push_back(fact("stream/status/error", List{}, "string[]"));
  list.push_back(fact("stream/status/dropped", std::uint64_t{0}, "uint"));
  list.push_back(choice("monitor/config/mode", "disabled", {"disabled"}));
  list.push_back(count("monitor/config/buffer_size", 100, 1, 1e6));
  list.push_back(flag("monitor/config/discard_new", true));
  list.push_back(fact("monitor/status/state", "normal", "string"));
  list.push_back(fact("monitor/status/error", List{}, "string[]"));
  list.push_back(fact("monitor/status/dropped", std::uint64_t{0}, "uint"));
  list.push_back(choice("filewriter/config/mode", "disabled", {"disabled"}));
  list.push_back(flag("filewriter/config/compression_enabled", true));
  list.push_back(text("filewriter/config/name_pattern", "series_$id"));
  list.push_back(count("filewriter/config/nimages_per_file", 1000, 0, most_images));
  list.push_back(fact("filewriter/status/state", "disabled", "string"));
  list.push_back(fact("filewriter/status/error", List{}, "string[]"));
  list.push_back(fact("filewriter/status/buffer_free", std::uint64_t{0}, "uint", "kB"));
}

/// The value as the parameter's type, or why it is none.
Expected<Value, std::string> converted(const ApiParameter& parameter, const Value& value) {
  const auto refused = [&](std::string_view reason) {
    return Unexpected<std::string>(
        fmt::format("{}: {} cannot be its value ({})", parameter.name, value.to_text(), reason));
  };
  const std::string& type = parameter.type;
  const bool is_flag = value.get_if<bool>() != nullptr;
  if (type == "bool") return is_flag ? Expected<Value, std::string>(value) : refused("true or false is wanted");
  if (type == "string") {
    if (value.get_if<std::string>() == nullptr) return refused("a text is wanted");
    if (!parameter.allowed.empty() && std::ranges::find(parameter.allowed, value) == parameter.allowed.end()) {
      return refused(fmt::format("allowed: {}", Value(parameter.allowed).to_text()));
    }
    return value;
  }
  const auto number = is_flag ? std::nullopt : number_of(&value);
  if (!number) return refused("a number is wanted");
  if ((parameter.min && *number < *parameter.min) || (parameter.max && *number > *parameter.max)) {
    return refused(fmt::format("it must be from {} to {}", *parameter.min, *parameter.max));
  }
  if (type != "uint") return Value(*number);
  if (std::floor(*number) != *number) return refused("a whole number is wanted");
  return Value(static_cast<std::uint64_t>(*number));
}

std::string_view key_of(std::string_view name) {
  const std::size_t task = name.find('/');
  return name.substr(name.find('/', task + 1) + 1);
}

}  // namespace

ApiParameters::ApiParameters(const SeriesStart& detector) {
  add_facts(detector, parameters_);
  add_experiment(detector, parameters_);
  add_acquisition(parameters_);
  add_detector_status(parameters_);
  add_interfaces(parameters_);
}

const ApiParameter* ApiParameters::find(std::string_view name) const noexcept {
  const auto found = std::ranges::find(parameters_, name, &ApiParameter::name);
  return found == parameters_.end() ? nullptr : &*found;
}

std::vector<std::string> ApiParameters::keys(std::string_view subsystem, std::string_view task) const {
  const std::string begin = fmt::format("{}/{}/", subsystem, task);
  std::vector<std::string> keys;
  for (const ApiParameter& parameter : parameters_) {
    if (parameter.name.starts_with(begin)) keys.push_back(parameter.name.substr(begin.size()));
  }
  return keys;
}

Dict ApiParameters::describe(const ApiParameter& parameter) {
  Dict out{
      {"access_mode", parameter.writable ? "rw" : "r"}, {"value", parameter.value}, {"value_type", parameter.type}};
  const bool whole = parameter.type == "uint";
  const auto put = [&](std::string_view key, std::optional<double> limit) {
    if (limit) out.set(key, whole ? Value(static_cast<std::uint64_t>(*limit)) : Value(*limit));
  };
  put("min", parameter.min);
  put("max", parameter.max);
  if (!parameter.unit.empty()) out.set("unit", parameter.unit);
  if (!parameter.allowed.empty()) out.set("allowed_values", parameter.allowed);
  return out;
}

Expected<List, std::string> ApiParameters::put(std::string_view name, const Value& value) {
  const auto found = std::ranges::find(parameters_, name, &ApiParameter::name);
  if (found == parameters_.end()) return Unexpected<std::string>(fmt::format("there is no parameter {}", name));
  ApiParameter& parameter = *found;
  if (!parameter.writable) return Unexpected<std::string>(fmt::format("{} can only be read", name));
  auto taken = converted(parameter, value);
  if (!taken) return Unexpected<std::string>(std::move(taken.error()));
  const std::vector<ApiParameter> before = parameters_;
  parameter.value = std::move(*taken);
  const std::string_view key = key_of(name);
  if (key == "photon_energy") set_energy(number(name));
  if (key == "wavelength") set_energy(hc_ev_angstrom / number(name));
  if (key == "threshold_energy") set("detector/config/threshold/1/energy", parameter.value);
  if (key == "threshold/1/energy") set("detector/config/threshold_energy", parameter.value);
  if (key == "count_time") {
    set("detector/config/frame_time", std::max(number("detector/config/frame_time"), number(name) + readout_time));
  }
  if (key == "frame_time") {
    set("detector/config/count_time", std::min(number("detector/config/count_time"), number(name) - readout_time));
  }
  List changed{key};
  for (std::size_t i = 0; i < before.size(); ++i) {
    const bool same = before[i].value == parameters_[i].value || parameters_[i].name == name;
    if (!same) changed.emplace_back(key_of(parameters_[i].name));
  }
  return changed;
}

void ApiParameters::set(std::string_view name, Value value) {
  for (ApiParameter& parameter : parameters_) {
    if (parameter.name == name) return void(parameter.value = std::move(value));
  }
  throw std::out_of_range(fmt::format("simplon: there is no parameter '{}'", name));
}

double ApiParameters::number(std::string_view name) const { return at(name).value.number_or(0); }

std::uint64_t ApiParameters::natural(std::string_view name) const { return natural_of(&at(name).value).value_or(0); }

std::string ApiParameters::text(std::string_view name) const { return std::string(at(name).value.text_or({})); }

Dict ApiParameters::header() const {
  constexpr std::string_view begin = "detector/config/";
  Dict out;
  for (const ApiParameter& parameter : parameters_) {
    if (!parameter.name.starts_with(begin)) continue;
    const std::string key = parameter.name.substr(begin.size());
    if (key.find('/') == std::string::npos) out.append(key, parameter.value);
  }
  return out;
}

const ApiParameter& ApiParameters::at(std::string_view name) const {
  if (const ApiParameter* parameter = find(name)) return *parameter;
  throw std::out_of_range(fmt::format("simplon: there is no parameter '{}'", name));
}

void ApiParameters::set_energy(double energy) {
  set("detector/config/photon_energy", energy);
  set("detector/config/wavelength", hc_ev_angstrom / energy);
  set("detector/config/threshold_energy", threshold_at(1, energy));
  for (int threshold = 1; threshold <= most_thresholds; ++threshold) {
    set(fmt::format("detector/config/threshold/{}/energy", threshold), threshold_at(threshold, energy));
  }
}

}  // namespace annulus::simplon
