// SPDX-License-Identifier: BSD-3-Clause
#include <array>
#include <limits>

#include <fmt/format.h>

#include "operators/data/error.hpp"
#include "operators/data/text.hpp"

#include "detectors/simplon/series_header.hpp"
#include "service/cli/commands.hpp"
#include "service/cli/pace.hpp"
#include "service/cli/wire_outlet.hpp"
#include "service/io/replay/recorded_series.hpp"
#include "service/io/simulator/series_messages.hpp"

namespace annulus {
namespace {

using simplon::Packing;
using simplon::Version;

Version version_of(const std::string& name) {
  if (name == "simplon1") return Version::v1;
  if (name == "simplon2") return Version::v2;
  constexpr std::array<std::string_view, 2> names{"simplon1", "simplon2"};
  throw ConfigError(fmt::format("--as: '{}' is not known.{}", name, suggest(name, names)));
}

/// Stream V1 knows LZ4 as one bare block only.
void repack_for_v1(simplon::EncodedArray& pixels) {
  if (pixels.packing != Packing::lz4_chunk) return;
  const auto array = simplon::decode_array(pixels);
  if (!array) throw DataError(to_string(array.error()));
  pixels = simplon::encode_array(*array, Packing::lz4_block, pixels.channel);
}

}  // namespace

int replay_series(const ReplayOptions& o) {
  const Version version = version_of(*o.as);
  const double speed = o.speed ? parse_speed(*o.speed) : std::numeric_limits<double>::infinity();
  if (o.speed && o.rate_hz > 0) throw ConfigError("--speed: --rate says already how fast. Leave one out.");
  const RecordedSeries series(o.file);
  WireOutlet outlet(o, "push");
  outlet.send(encode_series(series.start(), version));
  Pace pace(o.rate_hz > 0 ? 1 : speed);
  bool whole = true;
  for (std::uint64_t k = 0; k < series.size(); ++k) {
    try {
      simplon::SeriesImage image = series.image(k);
      if (version == Version::v1) repack_for_v1(image.channels.front());
      const double time = o.rate_hz > 0 ? static_cast<double>(k) / o.rate_hz : image.start_time.value_or(0);
      const auto due = pace.due(static_cast<std::int64_t>(time * 1e9), std::chrono::steady_clock::now());
      outlet.send(encode_series(image, version), due);
    } catch (const std::exception& error) {
      fmt::print(stderr, "annulus: image {} is left out: {}\n", k, error.what());
      whole = false;
    }
  }
  outlet.send(encode_series(simplon::SeriesEnd{series.start().series, series.start().unique_id}, version));
  fmt::print("{}\n", outlet.summary());
  return whole ? 0 : 1;
}

}  // namespace annulus
