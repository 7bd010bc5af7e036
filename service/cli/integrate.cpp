// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>
#include <vector>

#include <fmt/format.h>

#include "operators/data/error.hpp"
#include "operators/data/pattern_arithmetic.hpp"
#include "operators/data/text.hpp"

#include "detectors/files/image_series.hpp"
#include "detectors/files/image_spec.hpp"
#include "detectors/geometry/poni.hpp"
#include "operators/kernels/integrator.hpp"
#include "service/cli/commands.hpp"
#include "service/cli/pattern_files.hpp"

namespace annulus {
namespace {

std::optional<Range> range_of(const std::optional<std::array<double, 2>>& pair) {
  if (!pair) return std::nullopt;
  return Range{(*pair)[0], (*pair)[1]};
}

RadialUnit unit_of(const std::string& name) {
  if (const auto unit = parse_radial_unit(name)) return *unit;
  std::vector<std::string_view> names;
  for (const RadialUnitInfo& unit : all_radial_units()) names.push_back(unit.name);
  throw ConfigError(fmt::format("--unit: '{}' is not known.{}", name, suggest(name, names)));
}

std::optional<RawFormat> raw_format(const IntegrateOptions& o) {
  if (!o.raw_shape) return std::nullopt;
  auto type = parse_typestr(o.raw_type);
  if (!type) {
    if (const auto dtype = parse_dtype(o.raw_type)) type = WireType{*dtype, false};
  }
  if (!type) {
    throw ConfigError(
        fmt::format("--raw-type: '{}' is not an element type (write u1, i2, u2, i4, u4, f4, f8; > before it "
                    "for big-endian)",
                    o.raw_type));
  }
  return RawFormat{(*o.raw_shape)[0], (*o.raw_shape)[1], *type};
}

/// The numbers of a text file, between spaces, commas and line ends. Lines that begin with # are comments.
std::vector<double> read_numbers(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw ConfigError(fmt::format("--edges: {} cannot be read", path));
  std::vector<double> numbers;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    std::ranges::replace(line, ',', ' ');
    std::istringstream words(line);
    for (std::string word; words >> word;) {
      double& number = numbers.emplace_back();
      const char* const end = word.data() + word.size();
      if (const auto read = std::from_chars(word.data(), end, number); read.ec != std::errc() || read.ptr != end) {
        throw ConfigError(fmt::format("--edges: '{}' in {} is not a number", word, path));
      }
    }
  }
  if (numbers.size() < 2) throw ConfigError(fmt::format("--edges: {} has no two numbers (a bin needs them)", path));
  return numbers;
}

std::optional<Sector> sector_of(const IntegrateOptions& o) {
  if (o.sector) return Sector{(*o.sector)[0], (*o.sector)[1]};
  if (o.azimuth_range) return sector_between((*o.azimuth_range)[0], (*o.azimuth_range)[1]);
  if (o.azimuths_from_zero && o.azimuthal_bins > 0) return Sector{0, 360};
  return std::nullopt;
}

IntegrationOptions engine_options(const IntegrateOptions& o, const std::optional<RawFormat>& raw) {
  IntegrationOptions e;
  if (o.bins < 1) throw ConfigError(fmt::format("--bins: {} is out of range (must be at least 1)", o.bins));
  e.bins = static_cast<std::size_t>(o.bins);
  e.azimuthal_bins = static_cast<std::size_t>(o.azimuthal_bins);
  e.unit = unit_of(o.unit);
  e.sample = {o.incident_angle, o.tilt_angle, o.sample_orientation};
  e.split = parse_split(o.split);
  e.error_model = parse_error_model(o.error_model);
  if (e.error_model == ErrorModel::variance) {
    throw ConfigError("--error-model: there are no variances here (they come with each frame) choose poisson");
  }
  e.polarization = o.polarization;
  e.polarization_offset = o.polarization_offset;
  e.solid_angle = o.solid_angle ? SolidAngle::correct : SolidAngle::ignore;
  e.radial_range = range_of(o.radial_range);
  e.spacing = parse_spacing(o.spacing);
  if (o.edges) e.edges = read_numbers(*o.edges);
  e.sector = sector_of(o);
  if (o.dummy) e.dummy = BadValue{*o.dummy, o.delta_dummy};
  if (o.mask) e.mask = read_mask(*o.mask, raw);
  if (o.flat) e.flat = read_image(*o.flat, raw);
  if (o.dark) e.dark = read_image(*o.dark, raw);
  require_valid(e);
  return e;
}

template <class T>
std::string text_of(const std::optional<T>& value) {
  return value ? fmt::format("{}", *value) : "none";
}
std::string text_of(const std::optional<std::array<double, 2>>& value) {
  return value ? fmt::format("[{}, {}]", (*value)[0], (*value)[1]) : "none";
}

Dict parameters_of(const IntegrateOptions& o) {
  return Dict{{"settings", o.settings ? o.settings->string() : "none"},
              {"poni", o.poni.string()},
              {"orientation_convention", o.orientation_convention},
              {"mask", text_of(o.mask)},
              {"dark", text_of(o.dark)},
              {"flat", text_of(o.flat)},
              {"bins", fmt::format("{}", o.bins)},
              {"azimuthal_bins", fmt::format("{}", o.azimuthal_bins)},
              {"unit", o.unit},
              {"incident_angle", fmt::format("{}", o.incident_angle)},
              {"tilt_angle", fmt::format("{}", o.tilt_angle)},
              {"sample_orientation", fmt::format("{}", o.sample_orientation)},
              {"split", o.split},
              {"error_model", o.error_model},
              {"polarization", text_of(o.polarization)},
              {"polarization_offset", fmt::format("{}", o.polarization_offset)},
              {"solid_angle", o.solid_angle ? "true" : "false"},
              {"sensor_absorption", o.sensor_absorption ? "true" : "false"},
              {"radial_range", text_of(o.radial_range)},
              {"spacing", o.spacing},
              {"edges", text_of(o.edges)},
              {"azimuth_range", text_of(o.azimuth_range)},
              {"sector", text_of(o.sector)},
              {"azimuths_from_zero", o.azimuths_from_zero ? "true" : "false"},
              {"dummy", text_of(o.dummy)},
              {"delta_dummy", fmt::format("{}", o.delta_dummy)},
              {"normalization_factor", fmt::format("{}", o.normalization_factor)}};
}

/// OUT.xy for one image; OUT_0000.xy, OUT_0001.xy, ... for several.
std::filesystem::path numbered(const std::filesystem::path& output, std::size_t index, std::size_t total) {
  if (total == 1) return output;
  std::filesystem::path path = output;
  path.replace_filename(fmt::format("{}_{:04}{}", output.stem().string(), index, output.extension().string()));
  return path;
}

/// An output must not be one of the files that are read: images cannot be taken twice.
void require_apart(const std::filesystem::path& output, const IntegrateOptions& o) {
  std::vector<std::string> inputs = o.images;
  inputs.push_back(o.poni.string());
  if (o.settings) inputs.push_back(o.settings->string());
  for (const auto& input : {o.mask, o.dark, o.flat, o.edges}) {
    if (input) inputs.push_back(*input);
  }
  for (const std::string& input : inputs) {
    std::error_code absent;
    if (std::filesystem::equivalent(output, parse_image_spec(input).path, absent)) {
      throw ConfigError(fmt::format("--output: {} is also read as {} (it would be replaced) choose another name",
                                    output.string(), input));
    }
  }
}

template <class Result>
Result divided(Result result, double factor) {
  if (factor != 1) normalize(result, factor);
  return result;
}

using Writer = void (*)(const std::filesystem::path&, const Pattern&, const PatternOrigin&);

Writer writer_for(const std::filesystem::path& output) {
  const std::string ending = output.extension().string();
  if (ending == ".xy") return write_xy;
  if (ending == ".h5" || ending == ".hdf5" || ending == ".nxs") return write_nexus;
  throw ConfigError(
      fmt::format("--output: {} has no ending that names a format (write .xy, .h5 or .nxs)", output.string()));
}

}  // namespace

int integrate(const IntegrateOptions& options) {
  if (options.poni.empty()) {
    throw ConfigError(
        "--poni: missing (the geometry: a pyFAI .poni file) name one, or --settings with a geometry in it");
  }
  if (!(options.normalization_factor > 0) || !std::isfinite(options.normalization_factor)) {
    throw ConfigError(
        fmt::format("--normalization-factor: {} is out of range (must be more than 0)", options.normalization_factor));
  }
  const Writer write = writer_for(options.output);
  const bool cakes = options.azimuthal_bins > 0;
  if (cakes && write == write_xy) {
    throw ConfigError(
        fmt::format("--output: {} cannot hold cakes (its lines are the bins of one pattern) write .h5 or "
                    ".nxs",
                    options.output.string()));
  }
  const auto raw = raw_format(options);
  Poni poni = read_poni(options.poni);
  poni.convention = parse_orientation_convention(options.orientation_convention);
  IntegrationOptions engine = engine_options(options, raw);
  PatternOrigin origin{.image = {},
                       .parameters = parameters_of(options),
                       .poni = read_poni_text(options.poni),
                       .wavelength = poni.wavelength.value_or(0),
                       .normalized = options.normalization_factor != 1};
  const auto take = [&](const char* name, std::optional<Array>& chosen, const std::optional<Array>& of_detector) {
    if (chosen || !of_detector) return;
    chosen = of_detector;
    origin.parameters.set(name, poni.detector.file);
  };
  if (options.sensor_absorption) engine.sensor_depth = sensor_depth(poni);
  take("flat", engine.flat, poni.detector.flat);
  take("dark", engine.dark, poni.detector.dark);

  std::vector<std::unique_ptr<ImageSeries>> series;
  std::size_t total = 0;
  for (const std::string& image : options.images) total += series.emplace_back(open_images(image, raw))->size();
  if (total == 0) throw DataError("there is no image in what was named");

  for (std::size_t i = 0; i < total; ++i) require_apart(numbered(options.output, i, total), options);

  std::unique_ptr<const Integrator> integrator;
  std::size_t index = 0;
  for (const auto& images : series) {
    for (std::size_t i = 0; i < images->size(); ++i, ++index) {
      Frame frame{.number = index, .time = 0, .pixels = images->read(i), .readings = nullptr};
      if (!integrator) {
        Poni sized = poni;
        sized.detector = sized_for(poni.detector, frame.pixels.shape());
        integrator = std::make_unique<const Integrator>(sized, engine);
      }
      origin.image = images->label(i);
      const std::filesystem::path path = numbered(options.output, index, total);
      if (cakes) {
        write_nexus(path, divided(integrator->integrate2d(frame), options.normalization_factor), origin);
      } else {
        write(path, divided(integrator->integrate(frame), options.normalization_factor), origin);
      }
      std::printf("%s -> %s\n", origin.image.c_str(), path.c_str());
    }
  }
  return 0;
}

}  // namespace annulus
