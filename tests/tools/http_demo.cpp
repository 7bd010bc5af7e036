// SPDX-License-Identifier: BSD-3-Clause
// The live page without a beamline: http_demo [PORT] serves a moving synthetic pattern, cake and frame until it is told
// to stop (SIGINT, SIGTERM). Prints its address as the first line. With "lossy" as second argument some frames have no
// result and the error list fills.

#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include "operators/data/uid.hpp"

#include "service/http/http_server.hpp"

namespace {

using namespace annulus;
using Clock = std::chrono::system_clock;

std::atomic<bool> stop_asked{false};

constexpr std::size_t rows = 1043;
constexpr std::size_t cols = 981;
constexpr std::size_t bins = 1000;
constexpr double q_max = 60;
constexpr double frames_per_second = 25;
constexpr std::uint64_t frames_in_a_run = 3000;

double now() { return std::chrono::duration<double>(Clock::now().time_since_epoch()).count(); }

/// A powder: peaks that drift and breathe over a falling background [counts].
double powder(double q, double phase) {
  constexpr double lines[] = {18.1, 20.9, 29.6, 34.7, 36.2, 41.8, 45.6, 46.8, 51.2, 54.3};
  double sum = 40 + 900 * std::exp(-q / 9) + 2000 * std::exp(-q * q / 2);
  int number = 0;
  for (const double line : lines) {
    const double centre = line * (1 - 0.006 * std::sin(phase / 3));
    const double height = 2600 / (1 + 0.45 * number) * (1 + 0.3 * std::sin(phase + number));
    const double width = 0.16 + 0.0015 * line;
    sum += height * std::exp(-0.5 * std::pow((q - centre) / width, 2));
    ++number;
  }
  return sum;
}

Pattern make_pattern(std::uint64_t number, double phase, const std::shared_ptr<const RadialAxis>& axis,
                     std::mt19937& random) {
  Pattern pattern;
  pattern.number = number;
  pattern.time = now();
  pattern.axis = axis;
  std::normal_distribution<double> noise;
  std::vector<double> intensity;
  std::vector<double> sigmas;
  for (const double q : axis->centres) {
    const double mean = powder(q, phase);
    const double sigma = std::sqrt(4 * mean / (2 + q));
    intensity.push_back(mean + sigma * noise(random));
    sigmas.push_back(sigma);
  }
  // The innermost bins lie behind the beam stop.
  for (std::size_t bin = 0; bin < bins / 50; ++bin) intensity[bin] = std::nan("");
  pattern.intensity = intensity;
  pattern.sigma = sigmas;
  return pattern;
}

/// The powder over the azimuth: its rings are spotty, and not quite centred. No pixel is behind the beam stop, nor
/// beyond the corners of the detector.
Cake make_cake(std::uint64_t number, double phase, std::size_t azimuthal_bins, std::size_t radial_bins) {
  Cake cake;
  cake.number = number;
  cake.time = now();
  cake.axis = std::make_shared<const RadialAxis>(RadialAxis::uniform(RadialUnit::q_nm, 0, q_max, radial_bins));
  std::vector<double> edges;
  for (std::size_t i = 0; i <= azimuthal_bins; ++i) {
    edges.push_back(-180 + 360 * static_cast<double>(i) / static_cast<double>(azimuthal_bins));
  }
  cake.azimuthal_axis = std::make_shared<const AzimuthalAxis>(AzimuthalAxis::between(std::move(edges)));
  std::vector<double> intensity;
  for (const double chi : cake.azimuthal_axis->centres) {
    const double angle = chi * rad_per_deg;
    const double reach = 45 / std::max(std::abs(std::cos(angle)), std::abs(std::sin(angle)));
    for (const double q : cake.axis->centres) {
      const double spots = 1 + 0.3 * std::cos(2 * angle + 0.2 * q);
      const bool seen = q > q_max / 50 && q < reach;
      intensity.push_back(seen ? spots * powder(q + 0.2 * std::cos(angle), phase) : std::nan(""));
    }
  }
  cake.intensity = intensity;
  return cake;
}

bool is_gap(std::size_t row, std::size_t col) { return row % 212 >= 195 || col % 494 >= 487; }

Frame make_frame(std::uint64_t number, double phase, std::mt19937& random) {
  std::vector<std::int32_t> pixels(rows * cols);
  const double scale = q_max / 720;
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t col = 0; col < cols; ++col) {
      const double radius = std::hypot(static_cast<double>(row) - 540.0, static_cast<double>(col) - 470.0);
      const double mean = powder(radius * scale, phase) / 20;
      const double value = mean + std::sqrt(mean) * (static_cast<double>(random() % 2048U) / 512.0 - 2.0);
      pixels[row * cols + col] = is_gap(row, col) ? -1 : static_cast<std::int32_t>(std::max(value, 0.0));
    }
  }
  return {number, now(), Array::of<std::int32_t>({rows, cols}, std::move(pixels)), nullptr};
}

/// What a daemon would tell, from the number of frames alone.
class Story {
 public:
  explicit Story(bool lossy) : lossy_(lossy) { begin_run(); }

  std::string begin_run() {
    const std::lock_guard lock(mutex_);
    ++scan_;
    run_ = {.uid = make_uid(), .scan_id = std::to_string(scan_), .title = "CeO2 on Kapton", .started = now()};
    run_.expected = frames_in_a_run;
    return run_.uid;
  }

  void frame(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    FrameCounts& frames = run_.frames;
    ++frames.received;
    if (lossy_ && number % 50 == 49) {
      ++frames.failed;
      if (number % 200 == 199) ++frames.lost;
      errors_.push_back({now(), "integrate", run_.uid, number,
                         "frame of 512 x 512 does not fit the calibration (the detector is 1043 x 981) check the "
                         "region of interest of the detector"});
      if (errors_.size() > 20) errors_.erase(errors_.begin());
    } else {
      ++frames.reduced;
      ++frames.published;
      frames.written = frames.reduced - frames.reduced % 10;
    }
  }

  [[nodiscard]] Status status() const {
    const std::lock_guard lock(mutex_);
    const FrameCounts& frames = run_.frames;
    Status status{.name = "xpd", .version = "0.1.0", .time = now(), .uptime_s = now() - began_};
    status.state = ServiceState::running;
    status.run = run_;
    status.runs = scan_;
    status.totals = frames;
    status.rate_hz = frames_per_second;
    status.file = "data/" + run_.scan_id + "_" + run_.uid.substr(0, 8) + ".nxs";
    status.sources = {{"raw", frames.received + 2, frames.received * rows * cols * 4, {{"decode", lossy_ ? 3U : 0U}}}};
    describe_graph(status);
    status.errors = errors_;
    return status;
  }

 private:
  /// raw -> dark -> integrate -> file, an, viewer; dark -> cake -> viewer; and raw -> viewer.
  void describe_graph(Status& status) const {
    const FrameCounts& frames = run_.frames;
    const auto [received, reduced] = std::pair(frames.received, frames.reduced);
    constexpr double hz = frames_per_second;
    status.nodes = {{"raw", "bluesky_zmq", received + 2, received, 0, 0, 0, 0, hz, hz},
                    {"dark", "dark_subtract", received, received, 0, 0, 0, 0, hz, hz},
                    {"integrate", "integrate1d", received, reduced, frames.failed, 0, received % 5, 16, hz, hz},
                    {"cake", "integrate2d", received, received, 0, 0, 0, 0, hz, hz},
                    {"file", "nexus_file", reduced, frames.written, 0, 0, reduced % 10, 64, hz, 0},
                    {"an", "bluesky_pub", reduced, reduced, 0, 0, 0, 64, hz, 0},
                    {"viewer", "viewer", reduced, reduced / 3, 0, 0, 0, 0, hz / 3, 0},
                    {"viewer.patterns.buffer", "buffer", reduced, reduced / 3, 0, reduced / 2, 1, 1, hz, hz / 3},
                    {"viewer.cakes.buffer", "buffer", received, received / 13, 0, 0, 1, 1, hz, hz / 13},
                    {"viewer.images.buffer", "buffer", received, received, 0, 0, received % 5, 8, hz, hz}};
    status.edges = {{"raw", "out", "dark", "in", "Frame", {}},
                    {"raw", "out", "viewer", "images", "Frame", {{"viewer.images.buffer", "block", 8}}},
                    {"dark", "out", "integrate", "in", "Frame", {}},
                    {"integrate", "out", "file", "in", "Pattern", {}},
                    {"integrate", "out", "an", "in", "Pattern", {}},
                    {"dark", "out", "cake", "in", "Frame", {}},
                    {"cake", "out", "viewer", "cakes", "Cake", {{"viewer.cakes.buffer", "latest", 1}}},
                    {"integrate", "out", "viewer", "patterns", "Pattern", {{"viewer.patterns.buffer", "latest", 1}}}};
  }

  bool lossy_;
  double began_ = now();
  mutable std::mutex mutex_;
  std::uint64_t scan_ = 4271;
  RunStatus run_;
  std::vector<ErrorStatus> errors_;
};

void play(ViewerHub& hub, Story& story) {
  std::mt19937 random(7);
  const auto axis = std::make_shared<const RadialAxis>(RadialAxis::uniform(RadialUnit::q_nm, 0, q_max, bins));
  std::string uid = story.status().run->uid;
  const auto start = [&] {
    hub.run_started(uid, {{"uid", uid},
                          {"plan_name", "count"},
                          {"sample_name", "CeO2 on Kapton"},
                          {"wavelength_m", 1.87e-11},
                          {"detectors", List{Value("pilatus")}}});
  };
  start();
  const auto began = std::chrono::steady_clock::now();
  for (std::uint64_t i = 0; !stop_asked; ++i) {
    const std::uint64_t number = i % frames_in_a_run;
    if (i > 0 && number == 0) {
      hub.run_stopped("success");
      uid = story.begin_run();
      start();
    }
    const double phase = static_cast<double>(i) / frames_per_second;
    story.frame(number);
    hub.publish(make_pattern(number, phase, axis, random), "integrate");
    if (i % 13 == 0) {
      hub.publish(make_cake(number, phase, 180, 500), "cake");
      hub.publish(make_cake(number, phase, 12, 40), "coarse");
      hub.publish_preview(make_frame(number, phase, random));
    }
    std::this_thread::sleep_until(began +
                                  std::chrono::duration<double>(static_cast<double>(i + 1) / frames_per_second));
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGINT, [](int) { stop_asked = true; });
  std::signal(SIGTERM, [](int) { stop_asked = true; });
  annulus::HttpOptions options;
  options.port = argc > 1 ? static_cast<std::uint16_t>(std::atoi(argv[1])) : 0;
  try {
    Story story(argc > 2 && std::string(argv[2]) == "lossy");
    ViewerHub hub;
    const HttpServer server(options, {[&] { return story.status(); }, hub});
    std::printf("%s\n", server.url().c_str());
    std::fflush(stdout);
    play(hub, story);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "http_demo: %s\n", error.what());
    return 1;
  }
  return 0;
}
