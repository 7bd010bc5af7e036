// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/simplon/run_start.hpp"

#include <optional>
#include <string_view>
#include <utility>

#include "detectors/simplon/series_header.hpp"

namespace annulus::simplon {
namespace {

/// Corrections that the detector has made or not: our word, and those of the two versions.
struct AppliedKey {
  std::string_view key;
  std::string_view v1;
  std::string_view v2;
};

constexpr AppliedKey applied_keys[] = {
    {"pixel_mask_applied", "pixel_mask_applied", "pixel_mask_enabled"},
    {"flatfield_applied", "flatfield_correction_applied", "flatfield_enabled"},
};

void put_tables(std::string_view one, std::string_view several, const std::vector<Table>& tables, Dict& out) {
  if (tables.empty()) return;
  out.set(one, tables.front().values);
  if (tables.size() < 2) return;
  Dict by_channel;
  for (const Table& table : tables) by_channel.append(table.channel, table.values);
  out.set(several, std::move(by_channel));
}

Dict detector_of(const SeriesStart& start) {
  const std::pair<std::string_view, std::optional<double>> numbers[] = {
      {"detector_distance", start.detector_distance},
      {"wavelength", start.wavelength},
      {"energy", start.energy},
      {"beam_center_x", start.beam_center_x},
      {"beam_center_y", start.beam_center_y},
      {"pixel_size_x", start.pixel_size_x},
      {"pixel_size_y", start.pixel_size_y},
      {"sensor_thickness", start.sensor_thickness},
      {"saturation", start.saturation},
  };
  Dict out;
  for (const auto& [key, number] : numbers) {
    if (number) out.set(key, *number);
  }
  for (const auto& [key, v1, v2] : applied_keys) {
    const Value* applied = start.header.find(v1);
    if (applied == nullptr) applied = start.header.find(v2);
    if (const auto number = number_of(applied)) out.set(key, *number != 0);
  }
  if (!start.description.empty()) out.set("description", start.description);
  if (!start.sensor_material.empty()) out.set("sensor_material", start.sensor_material);
  if (start.rows > 0 && start.cols > 0) out.set("shape", List{std::uint64_t{start.rows}, std::uint64_t{start.cols}});
  if (!start.channels.empty()) out.set("channels", List(start.channels.begin(), start.channels.end()));
  if (!start.threshold_energies.empty()) {
    out.set("threshold_energy", List(start.threshold_energies.begin(), start.threshold_energies.end()));
  }
  put_tables("pixel_mask", "pixel_masks", start.pixel_masks, out);
  put_tables("flatfield", "flatfields", start.flatfields, out);
  return out;
}

}  // namespace

Dict run_start(SeriesStart start, std::string uid, double time) {
  Dict out{{"uid", std::move(uid)}, {"time", time}, {"scan_id", start.series}, {"plan_name", "simplon"}};
  if (start.images) out.set("num_points", *start.images);
  out.set("detector", detector_of(start));
  out.set("simplon", std::move(start.header));
  if (!start.user_data.is_null()) out.set("user_data", std::move(start.user_data));
  return out;
}

std::shared_ptr<const Dict> readings_of(const SeriesImage& image) {
  auto readings = std::make_shared<Dict>();
  if (image.start_time) readings->append("start_time", *image.start_time);
  if (image.stop_time) readings->append("stop_time", *image.stop_time);
  if (image.real_time) readings->append("real_time", *image.real_time);
  if (!image.user_data.is_null()) readings->append("user_data", image.user_data);
  if (readings->empty()) return nullptr;
  return readings;
}

}  // namespace annulus::simplon
