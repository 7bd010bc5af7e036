// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace annulus {

// One function per subcommand of `annulus`. Each returns the exit status of the program; ConfigError (status 2) and
// every other exception (status 1) are caught and printed by main.

struct ServeOptions {
  std::filesystem::path config;
  std::string log_level = "info";
};
/// The daemon: runs until SIGTERM or SIGINT.
int serve(const ServeOptions& options);

/// Loads and validates a configuration and prints its graph.
int check(const std::filesystem::path& config);

struct GraphOptions {
  std::filesystem::path config;
  std::optional<std::filesystem::path> svg;
};
/// Draws the graph of a configuration: as DOT to the standard output, or into an SVG file.
int graph(const GraphOptions& options);

/// Prints what the node types say about themselves; all of them when `type` is empty.
int describe(const std::string& type);

struct IntegrateOptions {
  std::vector<std::string> images;
  std::optional<std::filesystem::path> settings;  ///< the file that gave the values, for records
  std::filesystem::path poni;
  std::string orientation_convention = "single_flip";
  std::optional<std::string> mask;
  std::optional<std::string> dark;
  std::optional<std::string> flat;
  int bins = 1000;
  int azimuthal_bins = 0;  ///< 0: patterns, else cakes
  std::string unit = "q_nm^-1";
  double incident_angle = 0;
  double tilt_angle = 0;
  int sample_orientation = 1;
  std::string split = "bbox";
  std::string error_model = "none";
  std::optional<double> polarization;
  double polarization_offset = 0;
  bool solid_angle = true;
  bool sensor_absorption = false;
  std::optional<std::array<double, 2>> radial_range;
  std::string spacing = "linear";
  std::optional<std::string> edges;  ///< a text file of numbers
  std::optional<std::array<double, 2>> azimuth_range;
  std::optional<std::array<double, 2>> sector;  ///< start and extent
  bool azimuths_from_zero = false;              ///< of cakes without either; else from -180 degrees
  std::optional<double> dummy;
  double delta_dummy = 0;
  double normalization_factor = 1;
  std::optional<std::array<std::size_t, 2>> raw_shape;
  std::string raw_type = "i4";
  std::filesystem::path output;
};
/// What a JSON of pyFAI's worker says. Throws ConfigError when it asks for what integrate() does not do.
IntegrateOptions options_of_worker(const std::filesystem::path& json);
/// Integrates image files with the daemon's engine.
int integrate(const IntegrateOptions& options);

struct SetOptions {
  std::string node;        ///< of the parameters to list; all when empty
  std::string assignment;  ///< "key=value"; empty: list
  std::string at = "127.0.0.1:8080";
};
/// Changes a live parameter of a running service, or lists what there is.
int set_parameter(const SetOptions& options);

struct SimulateOptions {
  std::optional<std::string> connect;
  std::optional<std::string> bind;
  std::string prefix;
  std::string serializer = "pickle";
  std::vector<std::string> images;
  std::optional<std::filesystem::path> poni;
  std::string calibrant = "CeO2";
  std::string image_key = "detector_image";
  int frames = 100;
  int runs = 1;
  double rate_hz = 10;
  double pause_s = 1;
  double wait_s = 10;
  std::uint64_t seed = 1;
  std::optional<std::string> by_reference;  ///< "stream_resource" or "resource"; images are inline without it
  std::filesystem::path files = ".";        ///< folder of images by reference
  std::vector<std::uint64_t> lose;
  std::vector<std::uint64_t> duplicate;
  std::vector<std::uint64_t> reorder;
  std::vector<std::uint64_t> truncate;
  std::optional<int> abort_after;
  bool lose_stop = false;
  bool overlap = false;
};
/// Sends runs as a Bluesky beamline would: documents with inline images, or images in files, over ZeroMQ.
int simulate_bluesky(const SimulateOptions& options);

/// Key files of a socket secured by CURVE (read_curve).
struct CurveFiles {
  std::optional<std::filesystem::path> secret_key;
  std::optional<std::filesystem::path> server_key;
  std::optional<std::filesystem::path> client_keys;
};

struct SimulateSimplonOptions {
  int version = 2;  ///< of the stream
  std::optional<std::string> bind;
  std::optional<std::string> rest;  ///< where the SIMPLON API is served
  CurveFiles curve;
  std::vector<std::string> images;
  bool generate = false;
  std::uint64_t distinct = 8;  ///< generated images
  std::optional<std::filesystem::path> poni;
  std::string detector = "Eiger2_1M";
  std::string calibrant = "CeO2";
  std::uint64_t seed = 1;
  std::optional<std::string> mask;
  std::optional<std::string> flat;
  std::vector<std::string> channels{"threshold_1"};
  std::string compression = "bslz4";
  std::string header_detail = "all";
  std::string header_appendix;
  std::string image_appendix;
  std::uint64_t frames = 100;
  int series = 1;
  double rate_hz = 10;
  double pause_s = 1;
  double wait_s = 10;
  std::vector<std::uint64_t> lose;
  std::vector<std::uint64_t> duplicate;
  std::vector<std::uint64_t> reorder;
  std::vector<std::uint64_t> truncate;
  std::vector<std::uint64_t> garble;
  std::optional<std::uint64_t> abort_after;
  std::uint64_t strays = 0;
  std::uint64_t overlap = 0;
  bool lose_header = false;
  bool lose_end = false;
};
/// Pushes series as a DECTRIS detector would; with `rest`, when its clients say so, until SIGTERM or SIGINT.
int simulate_simplon(const SimulateSimplonOptions& options);

struct RecordOptions {
  std::string endpoint;
  std::filesystem::path output;
  std::string kind = "sub";
  bool bind = false;
  std::optional<std::uint64_t> messages;
  std::optional<double> seconds;
  bool quiet = false;
  int queue = 1000;
  double buffer_mb = 256;
  double sync_s = 1;
  CurveFiles curve;
};
/// Writes every message of an endpoint with its time to a new file, until SIGTERM, SIGINT or a limit.
int record(const RecordOptions& options);

struct ReplayOptions {
  std::string file;
  std::optional<std::filesystem::path> config;
  std::optional<std::string> to;
  std::optional<std::string> bind;
  std::optional<std::string> kind;   ///< of the socket: "pub" or "push"
  std::optional<std::string> speed;  ///< of what has times: a factor, or "max"
  std::optional<std::string> as;     ///< what an HDF5 file is sent as: "simplon1" or "simplon2"
  CurveFiles curve;
  std::string prefix;
  std::string serializer = "pickle";
  std::string image_key = "detector_image";
  double rate_hz = 0;
  double wait_s = 10;
};
/// Plays a recorded wire, documents or images: through the graph of a configuration, or to an endpoint.
int replay(const ReplayOptions& options);
/// A recorded wire to an endpoint; one of `to` and `bind` is set.
int replay_wire(const ReplayOptions& options);
/// The images of an EIGER/NeXus file as a detector would send them, to an endpoint; `as` is set.
int replay_series(const ReplayOptions& options);

}  // namespace annulus
