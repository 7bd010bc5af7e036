// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/nexus/reduced_columns.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "operators/data/error.hpp"
#include "operators/data/units.hpp"

#include "service/io/nexus/entry.hpp"

namespace annulus::detail {

namespace {

using hdf5::Dataset;
using hdf5::Group;
using hdf5::Growth;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t scalar_chunk_rows = 1024;
/// Chunks much smaller than this cost more in the index than they hold.
constexpr std::size_t chunk_bytes = 16 * 1024;

Dataset make_scalars(Group& group, const std::string& name) {
  return group.make_dataset(name, {.shape = {0}, .growth = Growth::rows, .chunk_rows = scalar_chunk_rows, .fill = nan});
}

struct ProfileSpec {
  const char* name;
  const char* long_name;
  const char* units;
  std::vector<double> Pattern::* field;
  enum Stored { always, with_sigmas, if_carried } stored;
};

bool is_stored(const ProfileSpec& spec, const RowLayout& layout) {
  if (spec.stored == ProfileSpec::with_sigmas) return layout.sigmas == Sigmas::stored;
  return spec.stored == ProfileSpec::always || std::ranges::find(layout.further, spec.field) != layout.further.end();
}

// Names of the sums as pyFAI writes them.
constexpr ProfileSpec profile_specs[] = {
    {"I", "intensity", "arbitrary units", &Pattern::intensity, ProfileSpec::always},
    {"I_errors", "estimated intensity error", "arbitrary units", &Pattern::sigma, ProfileSpec::with_sigmas},
    {"std", "standard deviation of a pixel", "arbitrary units", &Pattern::std, ProfileSpec::if_carried},
    {"sum_signal", "sum of corrected counts", "counts", &Pattern::signal, ProfileSpec::always},
    {"sum_variance", "sum of variances", "counts^2", &Pattern::variance, ProfileSpec::with_sigmas},
    {"sum_normalization", "sum of normalization factors", "arbitrary units", &Pattern::normalization,
     ProfileSpec::always},
    {"sum_normalization2", "sum of squared normalization factors", "arbitrary units", &Pattern::normalization_squared,
     ProfileSpec::if_carried},
    {"sum_cross", "sum of deviations times normalization factors", "counts", &Pattern::cross, ProfileSpec::if_carried},
    {"count", "number of pixels", "pixels", &Pattern::count, ProfileSpec::always},
};

Dataset make_norm(Group& data, std::size_t bins) {
  // In a chunk, unlike in one piece, it can be flushed on its own while others read.
  Dataset norm = data.make_dataset("norm", {.shape = {bins}, .chunk_rows = bins, .fill = nan});
  norm.set("long_name", "effective number of pixels contributing to the corresponding bin");
  norm.set("units", "arbitrary units");
  return norm;
}

}  // namespace

ReducedColumns::ReducedColumns(Group& entry, RowLayout layout)
    : layout_(std::move(layout)),
      time_([&] {
        Group data = entry.make_group("data", "NXdata");
        return make_scalars(data, "frame_time");
      }()),
      norm_([&] {
        Group data = entry.group("data");
        return make_norm(data, layout_.axis->bins());
      }()) {
  time_.set("units", "s");
  time_.set("long_name", "time of the frame since 1970-01-01T00:00:00+00:00");
  entry.write("definition", "NXazint1d");
  entry.set("default", "data");
  Group data = entry.group("data");
  data.set("signal", "I");
  data.set("axes", std::vector<std::string>{".", "radial_axis"});
  data.set("interpretation", "spectrum");
  make_axis(data);
  make_profiles(data);
  make_readings(entry);
  data.link("frame_number", "/entry/annulus/ledger/frame_number");
  data.link("frame_state", "/entry/annulus/ledger/frame_state");
}

void ReducedColumns::make_axis(Group& data) {
  const auto& unit = info(layout_.axis->unit);
  for (auto [name, values, suffix] : {std::tuple{"radial_axis", &layout_.axis->centres, ""},
                                      std::tuple{"radial_axis_edges", &layout_.axis->edges, " bin edges"}}) {
    Dataset axis = data.write(name, *values);
    axis.set("units", std::string(unit.symbol));
    axis.set("long_name", std::string(unit.quantity) + suffix);
  }
}

void ReducedColumns::make_profiles(Group& data) {
  const std::size_t bins = layout_.axis->bins();
  const std::size_t rows = std::clamp<std::size_t>(chunk_bytes / (sizeof(double) * bins), 1, scalar_chunk_rows);
  for (const auto& spec : profile_specs) {
    if (!is_stored(spec, layout_)) continue;
    Dataset table =
        data.make_dataset(spec.name, {.shape = {0, bins}, .growth = Growth::rows, .chunk_rows = rows, .fill = nan});
    table.set("long_name", spec.long_name);
    table.set("units", spec.units);
    profiles_.push_back({std::move(table), spec.field});
  }
}

void ReducedColumns::make_readings(Group& entry) {
  if (layout_.readings.empty()) return;
  Group group = entry.make_group("readings", "NXcollection");
  for (const auto& key : layout_.readings) {
    const std::string name = field_name(key);
    if (!group.exists(name)) readings_.push_back({key, make_scalars(group, name)});
  }
}

void ReducedColumns::require_fit(const Pattern& pattern) const {
  const auto& axis = *layout_.axis;
  const auto fail = [&](const std::string& why) {
    throw DataError(fmt::format("pattern of frame {} does not fit into the file ({})", pattern.number, why));
  };
  if (!pattern.axis) fail("it has no axis");
  if (pattern.axis != layout_.axis && (pattern.axis->unit != axis.unit || pattern.axis->edges != axis.edges))
    fail("its bins are others than those of the first pattern");
  for (const auto& spec : profile_specs) {
    const auto size = (pattern.*spec.field).size();
    if (is_stored(spec, layout_) && size != axis.bins())
      fail(fmt::format("{} values of {} for {} bins", size, spec.name, axis.bins()));
  }
}

void ReducedColumns::resize(std::size_t rows) {
  for_each_table([rows](Dataset& table) { table.resize_rows(rows); });
}

void ReducedColumns::write(std::size_t first, std::span<const Pattern> patterns) {
  if (patterns.empty()) return;
  std::vector<double> rows;
  for (auto& [table, field] : profiles_) {
    rows.clear();
    for (const auto& pattern : patterns) rows.insert(rows.end(), (pattern.*field).begin(), (pattern.*field).end());
    table.write_rows<double>(first, rows);
  }
  write_scalars(first, patterns);
  if (norm_written_) return;
  // NXazint1d has one norm for all frames: that of the first. The exact one of every frame is in `count`.
  norm_.write_rows<double>(0, patterns.front().count);
  norm_.flush();
  norm_written_ = true;
}

void ReducedColumns::write_scalars(std::size_t first, std::span<const Pattern> patterns) {
  std::vector<double> values;
  for (const auto& pattern : patterns) values.push_back(pattern.time);
  time_.write_rows<double>(first, values);
  for (auto& [key, table] : readings_) {
    values.clear();
    for (const auto& pattern : patterns)
      values.push_back(pattern.readings ? number_at(*pattern.readings, key, nan) : nan);
    table.write_rows<double>(first, values);
  }
  for (const auto& pattern : patterns) count_ignored(pattern);
}

void ReducedColumns::count_ignored(const Pattern& pattern) {
  if (!pattern.readings) return;
  for (const auto& [key, value] : *pattern.readings)
    if (is_number(value) && std::ranges::find(readings_, key, &Reading::key) == readings_.end()) ++ignored_readings_;
}

void ReducedColumns::flush() {
  for_each_table([](Dataset& table) { table.flush(); });
}

std::size_t ReducedColumns::row_bytes() const {
  return sizeof(double) * (profiles_.size() * layout_.axis->bins() + readings_.size() + 1);
}

void ReducedColumns::for_each_table(const std::function<void(Dataset&)>& act) {
  for (auto& profile : profiles_) act(profile.table);
  for (auto& reading : readings_) act(reading.table);
  act(time_);
}

}  // namespace annulus::detail
