// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/nexus/entry.hpp"

#include <cmath>
#include <ctime>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "operators/data/units.hpp"

namespace annulus {

RowLayout layout_of(const Pattern& pattern) {
  RowLayout layout{pattern.axis, nullptr, pattern.sigma.empty() ? Sigmas::none : Sigmas::stored, {}, {}};
  for (const auto field : {&Pattern::normalization_squared, &Pattern::std, &Pattern::cross})
    if (!(pattern.*field).empty()) layout.further.push_back(field);
  if (!pattern.readings) return layout;
  for (const auto& [key, value] : *pattern.readings)
    if (detail::is_number(value)) layout.readings.push_back(key);
  return layout;
}

RowLayout layout_of(const Cake& cake) {
  RowLayout layout = layout_of(detail::row_of(cake));
  layout.azimuthal_axis = cake.azimuthal_axis;
  return layout;
}

std::string iso_time(double seconds) {
  constexpr double first = -62135596800.0;  // 0001-01-01
  constexpr double last = 253402300800.0;   // 10000-01-01
  if (!(seconds >= first && seconds < last)) return {};
  double whole = std::floor(seconds);
  auto micros = static_cast<int>(std::floor((seconds - whole) * 1e6));
  const std::tm utc = fmt::gmtime(static_cast<std::time_t>(whole));
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}+00:00", utc, micros);
}

namespace detail {

namespace {

using hdf5::Group;

void write_text(Group& group, const std::string& name, const std::string& text) {
  if (!text.empty()) group.write(name, text);
}

std::string or_unknown(const std::string& text) { return text.empty() ? "unknown" : text; }

void write_instrument(Group& entry, const BeamInfo& beam) {
  Group instrument = entry.make_group("instrument", "NXinstrument");
  instrument.write("name", or_unknown(beam.instrument));
  Group source = instrument.make_group("source", "NXsource");
  source.write("name", or_unknown(beam.source));  // NXazint1d wants these fields
  source.write("type", or_unknown(beam.source_type));
  write_text(source, "probe", beam.probe);
  if (!beam.wavelength) return;
  Group monochromator = instrument.make_group("monochromator", "NXmonochromator");
  monochromator.write("wavelength", *beam.wavelength * 1e10).set("units", "angstrom");
  monochromator.write("energy", hc_ev_m / *beam.wavelength * 1e-3).set("units", "keV");
}

void write_option(Group& input, const std::string& key, const Value& value) {
  const std::string name = field_name(key);
  if (input.exists(name)) return;
  if (const auto* text = value.get_if<std::string>()) {
    input.write(name, *text);
  } else if (const auto* flag = value.get_if<bool>()) {
    input.write(name, *flag);
  } else if (const auto* integer = value.get_if<std::int64_t>()) {
    input.write(name, *integer);
  } else if (const auto* number = value.get_if<double>()) {
    input.write(name, *number);
  } else if (const auto* list = value.get_if<List>()) {
    std::vector<double> numbers;
    for (const auto& item : *list) numbers.push_back(item.number_or(std::nan("")));
    input.write(name, numbers);
  }
}

void write_reduction(Group& entry, const Provenance& provenance) {
  Group reduction = entry.make_group("reduction", "NXprocess");
  reduction.write("program", "annulus");
  reduction.write("version", provenance.version);
  reduction.write("date", provenance.date);
  reduction.write("reference", "pyFAI's conventions: https://doi.org/10.1107/S1600576715004306");
  Group input = reduction.make_group("input", "NXparameters");
  write_text(input, "poni", provenance.poni);
  write_text(input, "config", provenance.config);
  for (const auto& [key, value] : provenance.options) write_option(input, key, value);
}

}  // namespace

Pattern row_of(Cake cake) {
  return {.number = cake.number,
          .time = cake.time,
          .axis = std::move(cake.axis),
          .intensity = std::move(cake.intensity),
          .sigma = std::move(cake.sigma),
          .signal = std::move(cake.signal),
          .variance = std::move(cake.variance),
          .normalization = std::move(cake.normalization),
          .normalization_squared = std::move(cake.normalization_squared),
          .count = std::move(cake.count),
          .std = std::move(cake.std),
          .cross = std::move(cake.cross),
          .readings = std::move(cake.readings),
          .reduction = std::move(cake.reduction)};
}

bool is_number(const Value& value) {
  // A double may be NaN; any other kind of number is finite.
  return value.get_if<double>() != nullptr || std::isfinite(value.number_or(std::nan("")));
}

std::string field_name(std::string_view key) {
  std::string name(key);
  for (char& c : name)
    if (c == '/' || c == '\0') c = '_';
  return name.empty() || name == "." || name == ".." ? "_" : name;
}

hdf5::Group write_entry(hdf5::File& file, const RunInfo& run, const BeamInfo& beam, const Provenance& provenance) {
  Group root = file.root();
  root.set("NX_class", "NXroot");
  root.set("default", "entry");
  root.set("creator", "annulus " + provenance.version);
  Group entry = root.make_group("entry", "NXentry");
  write_text(entry, "title", run.title);
  write_text(entry, "entry_identifier", run.uid);
  write_text(entry, "start_time", iso_time(run.start_time));
  entry.write("solid_angle_applied", provenance.solid_angle_applied);
  entry.write("polarization_applied", provenance.polarization_applied);
  entry.write("normalization_applied", provenance.normalization_applied);
  write_instrument(entry, beam);
  write_reduction(entry, provenance);
  Group annulus = entry.make_group("annulus", "NXcollection");
  write_text(annulus, "start", run.start_json);
  return entry;
}

}  // namespace detail
}  // namespace annulus
