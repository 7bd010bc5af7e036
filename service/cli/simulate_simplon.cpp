// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "operators/data/error.hpp"
#include "operators/data/text.hpp"
#include "operators/data/units.hpp"

#include "detectors/files/image_series.hpp"
#include "detectors/geometry/poni.hpp"
#include "detectors/powder/powder_simulator.hpp"
#include "service/cli/commands.hpp"
#include "service/config/service_spec.hpp"
#include "service/daemon/signals.hpp"
#include "service/io/simulator/rest_server.hpp"
#include "service/io/simulator/simulated_detector.hpp"
#include "service/io/zmq/socket.hpp"

namespace annulus {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double usual_distance = 0.2;        // of a detector that no poni file places [m]
constexpr double usual_wavelength = 0.5e-10;  // [m]
constexpr std::uint32_t gap_bit = 1;          // in a pixel mask: SIMPLON API reference 1.8, "pixel_mask"

std::chrono::milliseconds milliseconds(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

/// The poni file's geometry, or that of a detector across the beam, with the beam at its centre.
Poni geometry_of(const SimulateSimplonOptions& o, const Shape& image) {
  if (o.poni) {
    Poni poni = read_poni(*o.poni);
    if (!image.empty()) poni.detector = sized_for(poni.detector, image);
    return poni;
  }
  Poni poni;
  const auto detector = find_detector(o.images.empty() ? o.detector : "Eiger2");
  if (!detector) {
    throw ConfigError(
        fmt::format("--detector: '{}' is not known.{}", o.detector, suggest(o.detector, all_detector_names())));
  }
  poni.detector = image.empty() ? *detector : sized_for(*detector, image);
  if (!poni.detector.has_shape())
    throw ConfigError(
        fmt::format("--detector: '{}' has no size (it is a family) name a model, such as Eiger2_1M", o.detector));
  poni.distance = usual_distance;
  poni.poni1 = static_cast<double>(poni.detector.rows) * poni.detector.pixel1 / 2;
  poni.poni2 = static_cast<double>(poni.detector.cols) * poni.detector.pixel2 / 2;
  poni.wavelength = usual_wavelength;
  return poni;
}

std::vector<Array> images_of(const SimulateSimplonOptions& o) {
  std::vector<Array> images;
  for (const std::string& file : o.images) {
    const auto series = open_images(file);
    for (std::size_t i = 0; i < series->size(); ++i) images.push_back(as_detector_image(series->read(i)));
  }
  if (!o.images.empty() && images.empty()) throw DataError("--images: there is no image in what was named");
  for (const Array& image : images) {
    if (image.shape() == images.front().shape() && image.dtype() == images.front().dtype()) continue;
    throw DataError("--images: the images differ in shape or type (a detector's do not) name those of one kind");
  }
  return images;
}

std::vector<Array> generated_images(const SimulateSimplonOptions& o, const Poni& poni) {
  PowderOptions powder;
  powder.calibrant = o.calibrant;
  powder.seed = o.seed;
  powder.dtype = DType::u16;
  const PowderSimulator simulator(poni, powder);
  std::vector<Array> images;
  for (std::uint64_t k = 0; k < std::clamp<std::uint64_t>(o.distinct, 1, o.frames); ++k) {
    images.push_back(simulator.frame(k));
  }
  return images;
}

/// As uint32: what `--mask` masks, and the detector's gaps.
Array pixel_mask(const SimulateSimplonOptions& o, const Detector& detector) {
  const std::vector<std::uint8_t> gaps = gap_mask(detector);
  std::vector<std::uint32_t> mask(gaps.begin(), gaps.end());
  const Shape shape{detector.rows, detector.cols};
  if (o.mask) {
    const Array extra = read_mask(*o.mask);
    if (extra.shape() != shape) {
      throw DataError(fmt::format("--mask: shape {}, the images have {}", to_string(extra.shape()), to_string(shape)));
    }
    const auto masked = extra.as<std::uint8_t>();
    for (std::size_t i = 0; i < mask.size(); ++i) mask[i] |= masked[i] != 0 ? gap_bit : 0;
  }
  return Array::of(shape, std::move(mask));
}

Array flat_field(const SimulateSimplonOptions& o, const Detector& detector) {
  const Shape shape{detector.rows, detector.cols};
  if (!o.flat) return Array::of(shape, std::vector<float>(count_of(shape), 1.0F));
  const Array flat = read_image(*o.flat);
  if (flat.shape() == shape) return Array::of(shape, flat.to_vector<float>());
  throw DataError(fmt::format("--flat: shape {}, the images have {}", to_string(flat.shape()), to_string(shape)));
}

simplon::SeriesStart detector_of(const SimulateSimplonOptions& o, const Poni& poni) {
  const Detector& detector = poni.detector;
  simplon::SeriesStart start;
  start.rows = detector.rows;
  start.cols = detector.cols;
  start.description = fmt::format("Annulus simulated {}", detector.name);
  start.pixel_size_x = detector.pixel2;
  start.pixel_size_y = detector.pixel1;
  start.beam_center_x = poni.poni2 / detector.pixel2;
  start.beam_center_y = poni.poni1 / detector.pixel1;
  start.detector_distance = poni.distance;
  start.energy = hc_ev_m / poni.wavelength.value_or(usual_wavelength);
  start.sensor_material = "Si";
  start.sensor_thickness = 4.5e-4;
  start.pixel_masks = {{"threshold_1", pixel_mask(o, detector)}};
  start.flatfields = {{"threshold_1", flat_field(o, detector)}};
  return start;
}

std::set<std::uint64_t> set_of(const std::vector<std::uint64_t>& numbers) { return {numbers.begin(), numbers.end()}; }

Faults faults_of(const SimulateSimplonOptions& o) {
  if (o.strays > 0 && !o.abort_after) {
    throw ConfigError("--strays: nothing is left to come (the series are not aborted) give --abort-after too");
  }
  return {.lost = set_of(o.lose),
          .duplicated = set_of(o.duplicate),
          .reordered = set_of(o.reorder),
          .truncated = set_of(o.truncate),
          .garbled = set_of(o.garble),
          .abort_after = o.abort_after,
          .strays = o.strays,
          .overlap = o.overlap,
          .lost_header = o.lose_header,
          .lost_end = o.lose_end};
}

SimulatorOptions simulator_options(const SimulateSimplonOptions& o) {
  if (o.images.empty() != o.generate) {
    throw ConfigError("no images (nothing says what is sent) name files with --images, or --generate them");
  }
  std::vector<Array> images = images_of(o);
  const Poni poni = geometry_of(o, images.empty() ? Shape{} : images.front().shape());
  if (poni.rot1 != 0 || poni.rot2 != 0 || poni.rot3 != 0) {
    fmt::print(stderr, "annulus: the header does not tell the tilts in {} (the protocol has no words for them)\n",
               o.poni->string());
  }
  if (images.empty()) images = generated_images(o, poni);
  const Shape shape{poni.detector.rows, poni.detector.cols};
  if (images.front().shape() != shape) {
    throw DataError(fmt::format("--images: shape {}, the detector of the poni file has {}",
                                to_string(images.front().shape()), to_string(shape)));
  }
  simplon::SeriesStart detector = detector_of(o, poni);
  return {.detector = std::move(detector),
          .images = std::move(images),
          .faults = faults_of(o),
          .paced = o.rate_hz > 0,
          .patience = milliseconds(o.wait_s)};
}

/// The same words as a client's, so that they are checked in one place. Throws ConfigError naming the option.
void configure(SimulatedDetector& detector, const SimulateSimplonOptions& o) {
  const auto put = [&](const char* option, const std::string& name, Value value) {
    if (const auto changed = detector.put(name, value); !changed) {
      throw ConfigError(fmt::format("{}: {}", option, changed.error()));
    }
  };
  put("--version", "stream/config/format", o.version == 1 ? "legacy" : "cbor");
  put("--header-detail", "stream/config/header_detail", o.header_detail);
  put("--header-appendix", "stream/config/header_appendix", o.header_appendix);
  put("--image-appendix", "stream/config/image_appendix", o.image_appendix);
  put("--compression", "detector/config/compression", o.compression);
  put("--frames", "detector/config/nimages", o.frames);
  if (o.rate_hz > 0) put("--rate", "detector/config/frame_time", 1 / o.rate_hz);
  constexpr std::array<std::string_view, 5> channels{"threshold_1", "threshold_2", "threshold_3", "threshold_4",
                                                     "difference"};
  for (const std::string& channel : o.channels) {
    if (std::ranges::find(channels, channel) != channels.end()) continue;
    throw ConfigError(fmt::format("--channels: '{}' is not known.{}", channel, suggest(channel, channels)));
  }
  for (const std::string_view channel : channels) {
    const bool wanted = std::ranges::find(o.channels, channel) != o.channels.end();
    const std::string name = channel == "difference" ? "difference" : std::string(1, channel.back());
    put("--channels", fmt::format("detector/config/threshold/{}/mode", name), wanted ? "enabled" : "disabled");
  }
}

OutSocket open_socket(const SimulateSimplonOptions& o) {
  const std::string usual = fmt::format("tcp://127.0.0.1:{}", o.version == 1 ? 9999 : 31001);
  const auto curve = read_curve(Attach::bind, o.curve.secret_key, o.curve.server_key, o.curve.client_keys);
  constexpr int queue = 16;  // messages can be large
  return {OutSocket::Kind::push, {Attach::bind, o.bind.value_or(usual), queue, curve}};
}

void play_series(SimulatedDetector& detector, const SimulateSimplonOptions& o) {
  const SimulatorTally before = detector.tally();
  const auto begun = Clock::now();
  const std::uint64_t series = detector.arm();
  detector.trigger();
  detector.disarm();
  const double seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  const std::uint64_t frames = detector.tally().frames - before.frames;
  fmt::print("series {}: {} of {} frames in {:.2f} s ({:.1f} a second)\n", series, frames, o.frames, seconds,
             static_cast<double>(frames) / seconds);
  std::fflush(stdout);
}

int summarize(SimulatedDetector& detector) {
  detector.finish();
  const SimulatorTally tally = detector.tally();
  fmt::print("{} messages, {:.1f} MB\n", tally.messages, static_cast<double>(tally.bytes) / 1e6);
  if (tally.dropped == 0) return 0;
  fmt::print(stderr,
             "annulus: {} messages were dropped (nobody took them in time) start the receiver, or give --wait\n",
             tally.dropped);
  return 1;
}

int serve_rest(SimulatedDetector& detector, const SimulateSimplonOptions& o, const std::string& endpoint) {
  const HttpAddress address = parse_http_address(*o.rest);
  {
    const RestServer server(detector, address.host, address.port);
    fmt::print("SIMPLON API at http://{}:{}/, stream at {}, until Ctrl-C\n", address.host, server.port(), endpoint);
    std::fflush(stdout);
    while (!stop_requested(std::chrono::seconds(1))) {
    }
    release_stop_signals();  // a second Ctrl-C ends the program at once
    (void)detector.abort();
  }
  (void)summarize(detector);  // a client that is not there is no fault of the detector's
  return 0;
}

}  // namespace

int simulate_simplon(const SimulateSimplonOptions& o) {
  SimulatorOptions options = simulator_options(o);
  if (o.rest) hold_stop_signals();
  OutSocket socket = open_socket(o);
  SimulatedDetector detector(std::move(options), [&socket](const WireParts& parts, std::chrono::milliseconds patience) {
    return socket.send(parts, patience);
  });
  configure(detector, o);
  if (o.rest) return serve_rest(detector, o, socket.endpoint());
  if (!socket.wait_for_receiver(milliseconds(o.wait_s))) {
    throw IoError(fmt::format("nobody listens at {} within {} s: start the receiver, or wait longer with --wait",
                              socket.endpoint(), o.wait_s));
  }
  detector.initialize();
  for (int series = 0; series < o.series; ++series) {
    if (series > 0) std::this_thread::sleep_for(milliseconds(o.pause_s));
    play_series(detector, o);
  }
  return summarize(detector);
}

}  // namespace annulus
