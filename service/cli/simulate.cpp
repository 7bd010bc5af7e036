// SPDX-License-Identifier: BSD-3-Clause
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "operators/data/error.hpp"

#include "detectors/files/image_series.hpp"
#include "detectors/geometry/poni.hpp"
#include "detectors/powder/powder_simulator.hpp"
#include "service/cli/commands.hpp"
#include "service/cli/play.hpp"

namespace annulus {
namespace {

using FrameMaker = std::function<Frame(std::uint64_t)>;

double unix_now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

FrameMaker generated_frames(const SimulateOptions& options) {
  if (!options.poni) throw ConfigError("--poni: needed to generate images (or name recorded ones with --images)");
  PowderOptions powder;
  powder.calibrant = options.calibrant;
  powder.seed = options.seed;
  powder.strain_per_frame = 2e-5;  // the sample warms up, so that the rings move on the page
  auto simulator = std::make_shared<const PowderSimulator>(read_poni(*options.poni), powder);
  return [simulator](std::uint64_t k) {
    const double temperature = 295 + simulator->strain(k) / 1.1e-5;  // thermal expansion of ceria, 11e-6 per kelvin
    return Frame{.number = k,
                 .time = unix_now(),
                 .pixels = simulator->frame(k),
                 .readings = std::make_shared<const Dict>(Dict{{"sample_temperature", temperature}})};
  };
}

FrameMaker recorded_frames(const SimulateOptions& options) {
  auto images = std::make_shared<std::vector<Array>>();
  for (const std::string& file : options.images) {
    const auto series = open_images(file);
    for (std::size_t i = 0; i < series->size(); ++i) images->push_back(series->read(i));
  }
  if (images->empty()) throw DataError("--images: there is no image in what was named");
  return [images](std::uint64_t k) {
    return Frame{.number = k, .time = unix_now(), .pixels = (*images)[k % images->size()], .readings = nullptr};
  };
}

}  // namespace

int simulate_bluesky(const SimulateOptions& options) {
  if (options.frames < 0) throw ConfigError(fmt::format("--frames: {} is less than nothing", options.frames));
  const FrameMaker frame = options.images.empty() ? generated_frames(options) : recorded_frames(options);
  Player player({.connect = options.connect,
                 .bind = options.bind,
                 .prefix = options.prefix,
                 .serializer = options.serializer,
                 .rate_hz = options.rate_hz,
                 .wait_s = options.wait_s});
  for (int run = 1; run <= options.runs; ++run) {
    if (run > 1) std::this_thread::sleep_for(std::chrono::duration<double>(options.pause_s));
    const auto begun = std::chrono::steady_clock::now();
    const auto recording = record_frames(static_cast<std::uint64_t>(options.frames), frame, options.image_key,
                                         Dict{{"scan_id", run},
                                              {"plan_name", "count"},
                                              {"num_points", options.frames},
                                              {"sample_name", options.images.empty() ? options.calibrant : "recorded"},
                                              {"detectors", List{options.image_key}}});
    const std::uint64_t events = player.play(*recording);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    std::printf("run %d: %llu frames in %.2f s\n", run, static_cast<unsigned long long>(events), seconds);
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace annulus
