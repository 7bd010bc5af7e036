// SPDX-License-Identifier: BSD-3-Clause
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <functional>

#include "operators/data/error.hpp"

#include "service/cli/commands.hpp"

namespace {

using namespace annulus;
using Command = std::function<int()>;

void add_serve(CLI::App& app, Command& chosen) {
  static ServeOptions options;
  auto* command = app.add_subcommand("serve", "Run the daemon until SIGTERM or Ctrl-C");
  command->add_option("config", options.config, "configuration file (YAML)")->required();
  command->add_option("--log-level", options.log_level, "debug, info, warning or error")->capture_default_str();
  command->callback([&chosen] { chosen = [] { return serve(options); }; });
}

void add_check(CLI::App& app, Command& chosen) {
  static std::filesystem::path config;
  auto* command = app.add_subcommand("check", "Validate a configuration and print its graph; all mistakes at once");
  command->add_option("config", config, "configuration file (YAML)")->required();
  command->callback([&chosen] { chosen = [] { return check(config); }; });
}

void add_graph(CLI::App& app, Command& chosen) {
  static GraphOptions options;
  auto* command = app.add_subcommand("graph", "Draw the graph of a configuration: Graphviz DOT, or a picture");
  command->add_option("config", options.config, "configuration file (YAML)")->required();
  command->add_option("--svg", options.svg, "write a picture to this file, with Graphviz; without it DOT is printed");
  command->callback([&chosen] { chosen = [] { return graph(options); }; });
}

void add_describe(CLI::App& app, Command& chosen) {
  static std::string type;
  auto* command = app.add_subcommand("describe", "Sources, operators and sinks: parameters, types, units, defaults");
  command->add_option("type", type, "one of them; all when left out");
  command->callback([&chosen] { chosen = [] { return describe(type); }; });
}

void add_set(CLI::App& app, Command& chosen) {
  static SetOptions o;
  auto* command = app.add_subcommand("set", "Change a parameter of a running service, or list those that can change");
  command->add_option("node", o.node, "name of the node; all are listed when left out");
  command->add_option("assignment", o.assignment, "KEY=VALUE, such as poni=new.poni; null for none");
  command->add_option("--at", o.at, "HOST:PORT of the service's page")->capture_default_str();
  command->callback([&chosen] { chosen = [] { return set_parameter(o); }; });
}

/// What options stand in for that came from the file of --settings.
void leave_out_replaced(IntegrateOptions& o, const CLI::App& command) {
  if (!o.settings) return;
  const auto given = [&](const char* option) { return command.count(option) > 0; };
  if (given("--edges")) o.radial_range.reset();
  if (given("--dummy") && !given("--delta-dummy")) o.delta_dummy = 0;
  if (!o.radial_range || given("--radial-range") || !given("--unit")) return;
  if (const std::string unit = options_of_worker(*o.settings).unit; unit != o.unit) {
    throw ConfigError("--unit: the radial_range of the settings is in " + unit +
                      " (another unit is given) give --radial-range, too");
  }
}

void add_integrate(CLI::App& app, Command& chosen) {
  static IntegrateOptions o;
  auto* command = app.add_subcommand("integrate", "Integrate image files (TIFF, npy, raw, file.h5:/dataset[:index])");
  command->add_option("images", o.images, "images")->required();
  command
      ->add_option_function<std::string>(
          "--settings", [](const std::string& file) { o = options_of_worker(file); },
          "JSON that pyFAI-integrate saved: geometry and all that follows; other options count more")
      ->trigger_on_parse();  // before the others, which are set when all have been parsed
  command->add_option("--poni", o.poni, "geometry (pyFAI .poni); needed without --settings");
  command
      ->add_option("--orientation-convention", o.orientation_convention,
                   "azimuths of orientations other than 3: single_flip (pyFAI since 2026.9) or double_flip")
      ->capture_default_str();
  command->add_option("--mask", o.mask, "image whose pixels other than 0 are left out");
  command->add_option("--dark", o.dark, "image to subtract");
  command->add_option("--flat", o.flat, "image of relative efficiencies");
  command->add_option("--bins", o.bins, "number of radial bins")->capture_default_str();
  command->add_option("--azimuthal-bins", o.azimuthal_bins, "cakes of so many azimuthal bins, to .h5 or .nxs")
      ->check(CLI::Range(1, 100'000));
  command->add_option("--unit", o.unit, "q_nm^-1, 2th_deg, d_A ...: annulus describe integrate1d lists all")
      ->capture_default_str();
  command->add_option("--incident-angle", o.incident_angle, "of the beam on the surface [rad], for qip_nm^-1 ...")
      ->capture_default_str();
  command->add_option("--tilt-angle", o.tilt_angle, "of the surface about the beam [rad]")->capture_default_str();
  command->add_option("--sample-orientation", o.sample_orientation, "1 to 8: image turned or mirrored, as in EXIF")
      ->capture_default_str();
  command->add_option("--split", o.split, "pixel splitting: bbox, full or no")->capture_default_str();
  command->add_option("--error-model", o.error_model, "none, poisson, azimuthal or hybrid")->capture_default_str();
  command->add_option("--polarization", o.polarization, "polarization factor, -1 to 1");
  command->add_option("--polarization-offset", o.polarization_offset, "of its axis to the horizontal, in rad")
      ->capture_default_str();
  command->add_flag("--solid-angle,!--no-solid-angle", o.solid_angle, "correct for the solid angle of a pixel, or not");
  command->add_flag("--sensor-absorption", o.sensor_absorption,
                    "correct for what the sensor that the poni file names absorbs of rays at an angle");
  auto* range = command->add_option("--radial-range", o.radial_range, "LO HI in the unit");
  auto* spacing = command->add_option("--spacing", o.spacing, "of the bins: linear or logarithmic");
  spacing->capture_default_str();
  command->add_option("--edges", o.edges, "text file with the bounds of all bins, instead of a number and a range")
      ->excludes(range)
      ->excludes(spacing);
  auto* azimuths = command->add_option("--azimuth-range", o.azimuth_range, "LO HI in degrees, may cross 180");
  command->add_option("--sector", o.sector, "START EXTENT in degrees, may cross 180")->excludes(azimuths);
  command->add_option("--dummy", o.dummy, "pixels of this value are left out");
  command->add_option("--delta-dummy", o.delta_dummy, "how far from it a value is still left out")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--normalization-factor", o.normalization_factor, "by which the result is divided")
      ->capture_default_str();
  command->add_option("--raw-shape", o.raw_shape, "ROWS COLS of raw images");
  command->add_option("--raw-type", o.raw_type, "element type of raw images: u2, i4, f4, >u2 ...")
      ->capture_default_str();
  command->add_option("-o,--output", o.output, "OUT.h5 or OUT.xy")->required();
  command->callback([&chosen, command] {
    leave_out_replaced(o, *command);
    chosen = [] { return integrate(o); };
  });
}

void add_bluesky_faults(CLI::App& command, SimulateOptions& o) {
  const auto frames = [&](const char* name, std::vector<std::uint64_t>& numbers, const char* help) {
    command.add_option(name, numbers, help)->delimiter(',')->allow_extra_args(false)->group("Faults in every run");
  };
  frames("--lose", o.lose, "frames whose documents are never sent, from 0: 3,7");
  frames("--duplicate", o.duplicate, "frames whose documents are sent twice");
  frames("--reorder", o.reorder, "frames whose documents are sent behind those of the frame that follows");
  frames("--truncate", o.truncate, "frames whose messages are cut in half");
  const char* group = "Faults in every run";
  command.add_option("--abort-after", o.abort_after, "the run is aborted after so many frames")->group(group);
  command.add_flag("--lose-stop", o.lose_stop, "the stop document is never sent")->group(group);
  command.add_flag("--overlap", o.overlap, "every other run begins in the middle of the one before")->group(group);
}

void add_simulate_bluesky(CLI::App& group, Command& chosen) {
  static SimulateOptions o;
  auto* command = group.add_subcommand("bluesky", "Bluesky documents over ZeroMQ, with images inline or in files");
  auto* connect = command->add_option("--connect", o.connect, "input of a bluesky Proxy, or a daemon that binds");
  command->add_option("--bind", o.bind, "endpoint for daemons to connect to")->excludes(connect);
  command->add_option("--prefix", o.prefix, "put before every document");
  command->add_option("--serializer", o.serializer, "pickle, msgpack or json")->capture_default_str();
  command->add_option("--images", o.images, "image files to send, again and again; generated when left out");
  command->add_option("--poni", o.poni, "geometry of generated images");
  command->add_option("--calibrant", o.calibrant, "powder of generated images: CeO2, LaB6 or Si")
      ->capture_default_str();
  command->add_option("--image-key", o.image_key, "data key of the image")->capture_default_str();
  command->add_option("--frames", o.frames, "frames per run")->capture_default_str();
  command->add_option("--runs", o.runs, "number of runs")->capture_default_str();
  command->add_option("--rate", o.rate_hz, "frames per second; 0: as fast as they can be made")->capture_default_str();
  command->add_option("--pause", o.pause_s, "seconds between runs")->capture_default_str();
  command->add_option("--wait", o.wait_s, "seconds to wait for a receiver before the first run")->capture_default_str();
  command->add_option("--seed", o.seed, "of the generated noise")->capture_default_str();
  auto* by_reference =
      command->add_option("--by-reference", o.by_reference, "images go to HDF5 files: stream_resource or resource");
  command->add_option("--files", o.files, "folder of these files, one a run, named UID.h5")
      ->capture_default_str()
      ->needs(by_reference);
  add_bluesky_faults(*command, o);
  command->callback([&chosen] { chosen = [] { return simulate_bluesky(o); }; });
}

void add_curve(CLI::App& command, CurveFiles& curve) {
  command.add_option("--curve-secret-key", curve.secret_key, "CURVE: own key pair, a pyzmq .key_secret file");
  command.add_option("--curve-server-key", curve.server_key, "CURVE: public key (.key) of the peer that binds");
  command.add_option("--curve-client-keys", curve.client_keys, "CURVE: folder of the keys (.key) of who may connect");
}

void add_simplon_faults(CLI::App& command, SimulateSimplonOptions& o) {
  const auto frames = [&](const char* name, std::vector<std::uint64_t>& numbers, const char* help) {
    command.add_option(name, numbers, help)->delimiter(',')->allow_extra_args(false)->group("Faults in every series");
  };
  frames("--lose", o.lose, "frames that are never sent, from 0: 3,7");
  frames("--duplicate", o.duplicate, "frames that are sent twice");
  frames("--reorder", o.reorder, "frames that are sent behind the one that follows, or the end");
  frames("--truncate", o.truncate, "frames that come with half of their packed pixels");
  frames("--garble", o.garble, "frames whose message is cut in half, so that nobody can read it");
  const auto fault = [&](const char* name, auto& value, const char* help) {
    command.add_option(name, value, help)->group("Faults in every series");
  };
  fault("--abort-after", o.abort_after, "the series ends early, after so many frames");
  fault("--strays", o.strays, "so many frames of an aborted series come all the same, behind the next header");
  fault("--overlap", o.overlap, "the last so many frames and the end come behind the next series' header");
  command.add_flag("--lose-header", o.lose_header, "the header is not sent")->group("Faults in every series");
  command.add_flag("--lose-end", o.lose_end, "the end is not sent")->group("Faults in every series");
}

void add_simulate_simplon(CLI::App& group, Command& chosen) {
  static SimulateSimplonOptions o;
  auto* command = group.add_subcommand("simplon", "A DECTRIS detector: stream V1 or V2 over ZeroMQ, and its REST API");
  command->add_option("--version", o.version, "of the stream: 1 or 2")->capture_default_str()->check(CLI::Range(1, 2));
  command->add_option("--bind", o.bind, "where it pushes; port 9999 (V1) or 31001 (V2) of this machine when left out");
  command->add_option("--rest", o.rest, "HOST:PORT of the REST API; series then begin when a client arms and triggers");
  auto* images = command->add_option("--images", o.images, "image files to send, again and again");
  command->add_flag("--generate", o.generate, "generate images of a powder")->excludes(images);
  command->add_option("--distinct", o.distinct, "generated images, sent in turn")->capture_default_str();
  command->add_option("--poni", o.poni, "geometry of the header and of generated images");
  command->add_option("--detector", o.detector, "detector of generated images without --poni")->capture_default_str();
  command->add_option("--calibrant", o.calibrant, "powder of generated images: CeO2, LaB6 or Si")
      ->capture_default_str();
  command->add_option("--seed", o.seed, "of the generated noise")->capture_default_str();
  command->add_option("--mask", o.mask, "image whose pixels other than 0 the header tells to be masked");
  command->add_option("--flat", o.flat, "image of factors that the header tells as flat field");
  command->add_option("--channels", o.channels, "threshold_1 to threshold_4, difference: what is counted and sent")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--compression", o.compression, "bslz4, lz4 or none")->capture_default_str();
  command->add_option("--header-detail", o.header_detail, "all, basic or none")->capture_default_str();
  command->add_option("--header-appendix", o.header_appendix, "text that the header carries");
  command->add_option("--image-appendix", o.image_appendix, "text that every image carries");
  command->add_option("--frames", o.frames, "frames per series")->capture_default_str()->check(CLI::PositiveNumber);
  command->add_option("--series", o.series, "number of series")->capture_default_str()->check(CLI::PositiveNumber);
  command->add_option("--rate", o.rate_hz, "frames per second; 0: as fast as they are taken")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command->add_option("--pause", o.pause_s, "seconds between series")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command
      ->add_option("--wait", o.wait_s, "seconds to wait for a receiver, and until a message that none takes is dropped")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  add_curve(*command, o.curve);
  add_simplon_faults(*command, o);
  command->callback([&chosen] { chosen = [] { return simulate_simplon(o); }; });
}

void add_simulate(CLI::App& app, Command& chosen) {
  auto* group = app.add_subcommand("simulate", "A detector: generated or given images over a real protocol");
  group->require_subcommand(1);
  add_simulate_bluesky(*group, chosen);
  add_simulate_simplon(*group, chosen);
}

void add_record(CLI::App& app, Command& chosen) {
  static RecordOptions o;
  auto* command = app.add_subcommand("record", "Write every message of an endpoint with its time, until Ctrl-C");
  command->add_option("endpoint", o.endpoint, "tcp://HOST:PORT or ipc:///PATH")->required();
  command->add_option("-o,--output", o.output, "RUN.annulus; must not exist")->required();
  command->add_option("--kind", o.kind, "sub: of a bluesky Proxy; pull: of a detector, in place of its client")
      ->capture_default_str();
  command->add_flag("--bind", o.bind, "let senders connect here");
  command->add_option("--messages", o.messages, "stop after so many");
  command->add_option("--seconds", o.seconds, "stop after so long");
  command->add_flag("--quiet", o.quiet, "print the summary only");
  command->add_option("--queue", o.queue, "messages that ZeroMQ keeps besides")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command->add_option("--buffer", o.buffer_mb, "megabytes that may wait for the disk")
      ->capture_default_str()
      ->check(CLI::Range(1.0, 1e6));
  command->add_option("--sync", o.sync_s, "seconds between two times that all is forced onto the disk")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1e6));
  add_curve(*command, o.curve);
  command->callback([&chosen] { chosen = [] { return record(o); }; });
}

void add_replay(CLI::App& app, Command& chosen) {
  static ReplayOptions o;
  auto* command = app.add_subcommand(
      "replay", "Play a recorded wire, recorded documents (JSON lines, JSON, suitcase-msgpack) or images");
  command->add_option("file", o.file, "of annulus record, or documents, or images as for integrate")->required();
  auto* config = command->add_option("--config", o.config, "through the graph of this configuration, then exit");
  auto* to = command->add_option("--to", o.to, "to this endpoint (connects)")->excludes(config);
  command->add_option("--bind", o.bind, "to whoever connects to this endpoint")->excludes(config)->excludes(to);
  command->add_option("--kind", o.kind, "pub or push; as it was recorded when left out")->excludes(config);
  command->add_option("--speed", o.speed, "of a recorded wire: 1 as recorded, a factor, or max")->excludes(config);
  command->add_option("--as", o.as, "an EIGER/NeXus HDF5 file: as the detector's stream, simplon1 or simplon2")
      ->excludes(config);
  command->add_option("--prefix", o.prefix, "put before every document");
  command->add_option("--serializer", o.serializer, "pickle, msgpack or json")->capture_default_str();
  command->add_option("--image-key", o.image_key, "data key given to images that have no documents")
      ->capture_default_str();
  command->add_option("--rate", o.rate_hz, "events per second to an endpoint; 0: as fast as possible")
      ->capture_default_str();
  command->add_option("--wait", o.wait_s, "seconds to wait for a receiver")->capture_default_str();
  add_curve(*command, o.curve);
  command->callback([&chosen] { chosen = [] { return replay(o); }; });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Annulus: streaming azimuthal integration for beamlines", "annulus");
  app.set_version_flag("--version", "annulus " ANNULUS_VERSION);
  app.require_subcommand(1);
  Command chosen;
  add_serve(app, chosen);
  add_check(app, chosen);
  add_graph(app, chosen);
  add_describe(app, chosen);
  add_set(app, chosen);
  add_integrate(app, chosen);
  add_simulate(app, chosen);
  add_record(app, chosen);
  add_replay(app, chosen);
  try {
    app.parse(argc, argv);
    return chosen();
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const ConfigError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "annulus: %s\n", error.what());
    return 1;
  }
}
