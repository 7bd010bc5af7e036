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
  Numbers Pattern::* field;
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

/// (radial bins), or (azimuthal bins, radial bins): what a row of a table holds.
Shape shape_of_row(const RowLayout& layout) {
  if (layout.azimuthal_axis) return {layout.azimuthal_axis->bins(), layout.axis->bins()};
  return {layout.axis->bins()};
}

Dataset make_norm(Group& data, const Shape& shape) {
  // In a chunk, unlike in one piece, it can be flushed on its own while others read.
  Dataset norm = data.make_dataset("norm", {.shape = shape, .chunk_rows = shape.front(), .fill = nan});
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
        return make_norm(data, shape_of_row(layout_));
      }()) {
  time_.set("units", "s");
  time_.set("long_name", "time of the frame since 1970-01-01T00:00:00+00:00");
  const bool images = layout_.azimuthal_axis != nullptr;
  entry.write("definition", images ? "NXazint2d" : "NXazint1d");
  entry.set("default", "data");
  Group data = entry.group("data");
  data.set("signal", "I");
  std::vector<std::string> axes{".", "radial_axis"};
  if (images) axes.insert(axes.begin() + 1, "azimuthal_axis");
  data.set("axes", axes);
  data.set("interpretation", images ? "image" : "spectrum");
  make_axes(data);
  make_profiles(data);
  make_readings(entry);
  data.link("frame_number", "/entry/annulus/ledger/frame_number");
  data.link("frame_state", "/entry/annulus/ledger/frame_state");
}

void ReducedColumns::make_axes(Group& data) {
  const auto& unit = info(layout_.axis->unit);
  for (auto [name, values, suffix] : {std::tuple{"radial_axis", &layout_.axis->centres, ""},
                                      std::tuple{"radial_axis_edges", &layout_.axis->edges, " bin edges"}}) {
    Dataset axis = data.write(name, *values);
    axis.set("units", std::string(unit.symbol));
    axis.set("long_name", std::string(unit.quantity) + suffix);
  }
  if (!layout_.azimuthal_axis) return;
  for (auto [name, values, long_name] :
       {std::tuple{"azimuthal_axis", &layout_.azimuthal_axis->centres, "azimuthal bin center"},
        std::tuple{"azimuthal_axis_edges", &layout_.azimuthal_axis->edges, "azimuthal bin edges"}}) {
    Dataset axis = data.write(name, *values);
    axis.set("units", "degrees");
    axis.set("long_name", long_name);
  }
}

void ReducedColumns::make_profiles(Group& data) {
  const std::size_t rows =
      std::clamp<std::size_t>(chunk_bytes / (sizeof(double) * layout_.bins()), 1, scalar_chunk_rows);
  Shape shape = shape_of_row(layout_);
  shape.insert(shape.begin(), 0);
  for (const auto& spec : profile_specs) {
    if (!is_stored(spec, layout_)) continue;
    Dataset table =
        data.make_dataset(spec.name, {.shape = shape, .growth = Growth::rows, .chunk_rows = rows, .fill = nan});
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

void ReducedColumns::require_fit(const Pattern& row, const AzimuthalAxis* azimuthal_axis) const {
  const auto& axis = *layout_.axis;
  const auto fail = [&](const std::string& why) {
    throw DataError(fmt::format("pattern of frame {} does not fit into the file ({})", row.number, why));
  };
  if (!row.axis) fail("it has no axis");
  if (row.axis != layout_.axis && (row.axis->unit != axis.unit || row.axis->edges != axis.edges))
    fail("its bins are others than those of the first pattern");
  const AzimuthalAxis* const of_file = layout_.azimuthal_axis.get();
  if ((azimuthal_axis == nullptr) != (of_file == nullptr)) fail("patterns and cakes have no file in common");
  if (azimuthal_axis != of_file && azimuthal_axis->edges != of_file->edges)
    fail("its azimuthal bins are others than those of the first cake");
  for (const auto& spec : profile_specs) {
    const auto size = (row.*spec.field).size();
    if (is_stored(spec, layout_) && size != layout_.bins())
      fail(fmt::format("{} values of {} for {} bins", size, spec.name, layout_.bins()));
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
  // NXazint has one norm for all frames: that of the first. The exact one of every frame is in `count`.
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
  return sizeof(double) * (profiles_.size() * layout_.bins() + readings_.size() + 1);
}

void ReducedColumns::for_each_table(const std::function<void(Dataset&)>& act) {
  for (auto& profile : profiles_) act(profile.table);
  for (auto& reading : readings_) act(reading.table);
  act(time_);
}

}  // namespace annulus::detail
