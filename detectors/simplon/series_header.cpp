// SPDX-License-Identifier: BSD-3-Clause
#include "detectors/simplon/series_header.hpp"

#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "operators/data/units.hpp"

namespace annulus::simplon {
namespace {

/// A number of the header in both versions' words.
struct NumberKey {
  std::string_view v1;
  std::string_view v2;
  double unit;  ///< our value = the header's x unit
  std::optional<double> SeriesStart::* member;
  bool zero_is_unknown = true;
  [[nodiscard]] std::string_view name(Version version) const { return version == Version::v1 ? v1 : v2; }
};

constexpr NumberKey number_keys[] = {
    {"beam_center_x", "beam_center_x", 1, &SeriesStart::beam_center_x, false},
    {"beam_center_y", "beam_center_y", 1, &SeriesStart::beam_center_y, false},
    {"detector_distance", "", 1, &SeriesStart::detector_distance},
    {"x_pixel_size", "pixel_size_x", 1, &SeriesStart::pixel_size_x},
    {"y_pixel_size", "pixel_size_y", 1, &SeriesStart::pixel_size_y},
    {"wavelength", "incident_wavelength", 1e-10, &SeriesStart::wavelength},
    {"photon_energy", "incident_energy", 1, &SeriesStart::energy},
    {"sensor_thickness", "sensor_thickness", 1, &SeriesStart::sensor_thickness},
    {"countrate_correction_count_cutoff", "saturation_value", 1, &SeriesStart::saturation},
};

const Value* either(const Dict& header, std::string_view v1, std::string_view v2) {
  const Value* value = header.find(v1);
  return value != nullptr ? value : header.find(v2);
}

std::string text_of(const Value* value) { return value == nullptr ? std::string() : std::string(value->text_or({})); }

/// V2 has no distance but where the detector stands [m], whose third coordinate is along the beam, of either sign.
std::optional<double> distance_of(const Dict& header) {
  const List* translation = list_at(header, "detector_translation");
  if (translation == nullptr || translation->size() != 3) return std::nullopt;
  const auto z = number_of(&(*translation)[2]);
  return z && *z != 0 ? std::optional(std::abs(*z)) : std::nullopt;
}

/// V1 tells images per trigger; in the external-enable modes each trigger is one image.
std::optional<std::uint64_t> images_of(const Dict& header) {
  if (const auto images = natural_of(header.find("number_of_images"))) return images;
  const auto images = natural_of(header.find("nimages"));
  const auto triggers = natural_of(header.find("ntrigger"));
  const std::string mode = text_at(header, "trigger_mode");
  if (mode == "exte" || mode == "inte") return triggers;
  if (!images || !triggers) return std::nullopt;
  if (*images != 0 && *triggers > std::numeric_limits<std::uint64_t>::max() / *images) return std::nullopt;
  return *images * *triggers;
}

void read_thresholds(SeriesStart& start) {
  const Value* energies = start.header.find("threshold_energy");
  if (energies == nullptr) return;
  if (const auto one = number_of(energies)) start.threshold_energies = {*one};
  if (const Dict* by_channel = energies->get_if<Dict>()) {
    for (const auto& [channel, energy] : *by_channel) start.threshold_energies.push_back(energy.number_or(0));
  }
}

/// Takes `digits` digits from the front of `text`.
std::optional<int> take_number(std::string_view& text, std::size_t digits, char behind = '\0') {
  int value = 0;
  if (text.size() < digits || text.front() < '0' || text.front() > '9') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
  if (error != std::errc() || end != text.data() + digits) return std::nullopt;
  text.remove_prefix(digits);
  if (behind != '\0') {
    if (!text.starts_with(behind)) return std::nullopt;
    text.remove_prefix(1);
  }
  return value;
}

double take_fraction(std::string_view& text) {
  double value = 0;
  if (!text.starts_with('.')) return value;
  text.remove_prefix(1);
  for (double digit = 0.1; !text.empty() && text.front() >= '0' && text.front() <= '9'; digit /= 10) {
    value += digit * (text.front() - '0');
    text.remove_prefix(1);
  }
  return value;
}

/// Seconds east of Greenwich: "Z", "+01:00".
std::optional<int> take_zone(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  if (!text.starts_with('+') && !text.starts_with('-')) return std::nullopt;
  const int sign = text.front() == '+' ? 1 : -1;
  text.remove_prefix(1);
  const auto hours = take_number(text, 2, ':');
  const auto minutes = take_number(text, 2);
  if (!hours || !minutes || !text.empty()) return std::nullopt;
  return sign * (*hours * 3600 + *minutes * 60);
}

}  // namespace

std::optional<double> number_of(const Value* value) {
  if (value == nullptr) return std::nullopt;
  const double number = value->number_or(std::numeric_limits<double>::quiet_NaN());
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

std::optional<std::uint64_t> natural_of(const Value* value) {
  const std::int64_t number = value == nullptr ? -1 : value->integer_or(-1);
  return number < 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(number));
}

std::optional<double> parse_time(std::string_view text) {
  const auto year = take_number(text, 4, '-');
  const auto month = take_number(text, 2, '-');
  const auto day = take_number(text, 2);
  if (!year || !month || !day || text.empty() || std::string_view("Tt ").find(text.front()) == std::string_view::npos) {
    return std::nullopt;
  }
  text.remove_prefix(1);
  const auto hour = take_number(text, 2, ':');
  const auto minute = take_number(text, 2, ':');
  const auto second = take_number(text, 2);
  const double fraction = take_fraction(text);
  const auto zone = take_zone(text);
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!hour || !minute || !second || !zone || !date.ok()) return std::nullopt;
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  return static_cast<double>(days) * 86400 + *hour * 3600 + *minute * 60 + *second - *zone + fraction;
}

std::string format_time(double time) {
  const double floor = std::floor(time);
  const std::chrono::sys_seconds seconds{std::chrono::seconds(static_cast<std::int64_t>(floor))};
  const auto day = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{seconds - day};
  const auto micro = std::min(999999, static_cast<int>((time - floor) * 1e6 + 0.5));
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}+00:00", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), micro);
}

void read_header(SeriesStart& start) {
  const Dict& header = start.header;
  for (const NumberKey& key : number_keys) {
    const auto number = number_of(either(header, key.v1, key.v2));
    if (number && (!key.zero_is_unknown || *number > 0)) start.*key.member = *number * key.unit;
  }
  if (!start.detector_distance) start.detector_distance = distance_of(header);
  if (!start.energy && start.wavelength) start.energy = hc_ev_m / *start.wavelength;
  if (!start.wavelength && start.energy) start.wavelength = hc_ev_m / *start.energy;
  start.rows = natural_of(either(header, "y_pixels_in_detector", "image_size_y")).value_or(0);
  start.cols = natural_of(either(header, "x_pixels_in_detector", "image_size_x")).value_or(0);
  start.images = images_of(header);
  start.description = text_of(either(header, "description", "detector_description"));
  start.sensor_material = text_at(header, "sensor_material");
  start.time = parse_time(text_of(either(header, "data_collection_date", "arm_date")));
  read_thresholds(start);
}

Dict write_header(const SeriesStart& start, Version version) {
  const bool v1 = version == Version::v1;
  Dict out;
  const auto put = [&out](std::string_view key, Value value) { out.set(key, std::move(value)); };
  for (const NumberKey& key : number_keys) {
    const auto number = start.*key.member;
    if (number && !key.name(version).empty()) put(key.name(version), *number / key.unit);
  }
  if (!v1 && start.detector_distance && distance_of(start.header) != start.detector_distance) {
    put("detector_translation", List{0.0, 0.0, *start.detector_distance});
  }
  if (start.rows > 0) put(v1 ? "y_pixels_in_detector" : "image_size_y", std::uint64_t{start.rows});
  if (start.cols > 0) put(v1 ? "x_pixels_in_detector" : "image_size_x", std::uint64_t{start.cols});
  if (!start.description.empty()) put(v1 ? "description" : "detector_description", start.description);
  if (!start.sensor_material.empty()) put("sensor_material", start.sensor_material);
  if (start.time) put(v1 ? "data_collection_date" : "arm_date", format_time(*start.time));
  if (start.images && !v1) put("number_of_images", *start.images);
  if (start.images && v1 && images_of(start.header) != start.images) {
    put("nimages", *start.images);
    put("ntrigger", 1);
    put("trigger_mode", "ints");
  }
  for (const auto& [key, value] : start.header) {
    if (!out.contains(key)) put(key, value);
  }
  return out;
}

}  // namespace annulus::simplon
