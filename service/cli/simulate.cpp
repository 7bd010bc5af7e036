// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "operators/data/error.hpp"
#include "operators/data/text.hpp"

#include "detectors/files/image_series.hpp"
#include "detectors/geometry/poni.hpp"
#include "detectors/powder/powder_simulator.hpp"
#include "service/cli/commands.hpp"
#include "service/cli/play.hpp"
#include "service/io/replay/by_reference.hpp"
#include "service/io/replay/faults.hpp"

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

std::optional<Reference> reference_of(const SimulateOptions& options) {
  if (!options.by_reference) return std::nullopt;
  if (*options.by_reference == "stream_resource") return Reference::stream_resource;
  if (*options.by_reference == "resource") return Reference::resource;
  constexpr std::array<std::string_view, 2> names{"stream_resource", "resource"};
  throw ConfigError(fmt::format("--by-reference: '{}' is not known.{}", *options.by_reference,
                                suggest(*options.by_reference, names)));
}

/// Makes the runs of a simulated beamline, with everything that shall go wrong but for truncated messages.
class Beamline final {
 public:
  explicit Beamline(const SimulateOptions& options)
      : options_(options),
        reference_(reference_of(options)),
        frame_(options.images.empty() ? generated_frames(options) : recorded_frames(options)) {
    const bool aborted = options.abort_after && *options.abort_after < options.frames;
    frames_ = static_cast<std::uint64_t>(aborted ? std::max(*options.abort_after, 0) : options.frames);
    exit_status_ = aborted ? "abort" : "success";
  }

  [[nodiscard]] std::unique_ptr<Recording> run(int number) const {
    auto run = record_frames(frames_, frame_, options_.image_key,
                             Dict{{"scan_id", number},
                                  {"plan_name", "count"},
                                  {"num_points", options_.frames},
                                  {"sample_name", options_.images.empty() ? options_.calibrant : "recorded"},
                                  {"detectors", List{options_.image_key}}},
                             exit_status_);
    if (reference_) {
      run = by_reference(std::move(run), *reference_, options_.image_key, std::filesystem::absolute(options_.files));
    }
    run = with_faults(std::move(run), {options_.lose, options_.duplicate, options_.reorder});
    return options_.lose_stop ? without_stop(std::move(run)) : std::move(run);
  }

  [[nodiscard]] std::unique_ptr<Recording> two_runs(int number) const {
    return overlapping(run(number), run(number + 1), frames_);
  }

 private:
  const SimulateOptions& options_;
  std::optional<Reference> reference_;
  FrameMaker frame_;
  std::uint64_t frames_ = 0;
  std::string exit_status_;
};

}  // namespace

int simulate_bluesky(const SimulateOptions& options) {
  if (options.frames < 0) throw ConfigError(fmt::format("--frames: {} is less than nothing", options.frames));
  const Beamline beamline(options);
  Player player({.connect = options.connect,
                 .bind = options.bind,
                 .prefix = options.prefix,
                 .serializer = options.serializer,
                 .rate_hz = options.rate_hz,
                 .wait_s = options.wait_s,
                 .truncate = options.truncate});
  for (int run = 1; run <= options.runs; ++run) {
    if (run > 1) std::this_thread::sleep_for(std::chrono::duration<double>(options.pause_s));
    const auto begun = std::chrono::steady_clock::now();
    const bool two = options.overlap && run < options.runs;
    const std::uint64_t events = player.play(two ? *beamline.two_runs(run) : *beamline.run(run));
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    const std::string numbers = two ? fmt::format("runs {} and {}", run, run + 1) : fmt::format("run {}", run);
    std::printf("%s: %llu frames in %.2f s\n", numbers.c_str(), static_cast<unsigned long long>(events), seconds);
    std::fflush(stdout);
    if (two) ++run;
  }
  return 0;
}

}  // namespace annulus
