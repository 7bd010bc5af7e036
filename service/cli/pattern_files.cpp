// SPDX-License-Identifier: BSD-3-Clause
#include "service/cli/pattern_files.hpp"

#include <chrono>
#include <fstream>
#include <limits>

#include <fmt/format.h>

#include "operators/data/error.hpp"
#include "operators/data/uid.hpp"

#include "service/io/nexus/reduced_file.hpp"

namespace annulus {
namespace {

double unix_now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

bool is_given(const Dict& parameters, std::string_view key) {
  const std::string text = text_at(parameters, key, "none");
  return text != "none" && text != "false";
}

template <class Result>
void write_row(const std::filesystem::path& path, const Result& result, const PatternOrigin& origin) {
  const double now = unix_now();
  const RunInfo run{.uid = make_uid(), .title = origin.image, .start_time = now, .start_json = "{}"};
  BeamInfo beam;
  if (origin.wavelength > 0) beam.wavelength = origin.wavelength;
  Provenance provenance;
  provenance.version = ANNULUS_VERSION;
  provenance.date = iso_time(now);
  provenance.poni = origin.poni;
  provenance.options = origin.parameters;
  provenance.solid_angle_applied = is_given(origin.parameters, "solid_angle");
  provenance.polarization_applied = is_given(origin.parameters, "polarization");
  provenance.normalization_applied = is_given(origin.parameters, "flat") || origin.normalized;
  std::filesystem::remove(path);
  const auto folder = std::filesystem::absolute(path).parent_path();
  ReducedFile file(folder, path.filename().string(), run, beam, provenance, {}, layout_of(result));
  file.append(result);
  file.close({"success", "", unix_now()});
}

}  // namespace

void write_xy(const std::filesystem::path& path, const Pattern& pattern, const PatternOrigin& origin) {
  const RadialUnitInfo& unit = info(pattern.axis->unit);
  std::string text = fmt::format("# annulus {}\n# image: {}\n", ANNULUS_VERSION, origin.image);
  for (const auto& [key, value] : origin.parameters) text += fmt::format("# {}: {}\n", key, value.text_or(""));
  text += fmt::format("# {} [{}]  intensity  sigma\n", unit.name, unit.symbol);
  for (std::size_t i = 0; i < pattern.axis->bins(); ++i) {
    const double sigma = pattern.sigma.empty() ? std::numeric_limits<double>::quiet_NaN() : pattern.sigma[i];
    text += fmt::format("{} {} {}\n", pattern.axis->centres[i], pattern.intensity[i], sigma);
  }
  std::ofstream out(path, std::ios::binary);
  out << text;
  if (!out.flush())
    throw IoError(fmt::format("cannot write {} ({})", path.string(), std::generic_category().message(errno)));
}

void write_nexus(const std::filesystem::path& path, const Pattern& pattern, const PatternOrigin& origin) {
  write_row(path, pattern, origin);
}

void write_nexus(const std::filesystem::path& path, const Cake& cake, const PatternOrigin& origin) {
  write_row(path, cake, origin);
}

}  // namespace annulus
