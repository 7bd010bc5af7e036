// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "operators/data/frame.hpp"

#include "operators/integrate/background.hpp"
#include "operators/kernels/integrator.hpp"
#include "operators/kernels/quantile_integrator.hpp"
#include "operators/kernels/sigma_clipper.hpp"
#include "operators/stream/node.hpp"

namespace annulus {

template <>
struct EnumNames<RadialUnit> {
  static const std::vector<std::string_view>& names();
};
template <>
struct EnumNames<OrientationConvention> {
  static const std::vector<std::string_view>& names();
};
template <>
struct EnumNames<Split> {
  static const std::vector<std::string_view>& names();
};
template <>
struct EnumNames<Spacing> {
  static const std::vector<std::string_view>& names();
};
template <>
struct EnumNames<ErrorModel> {
  static const std::vector<std::string_view>& names();
};

/// What is taken from what the detector tells at the start of each run.
enum class FromHeader : std::uint8_t { geometry, mask, flat };
template <>
struct EnumNames<FromHeader> {
  static const std::vector<std::string_view>& names();
};

/// What integrates the frames of one geometry.
using AnyIntegrator = std::variant<std::unique_ptr<const Integrator>, std::unique_ptr<const SigmaClipper>,
                                   std::unique_ptr<const QuantileIntegrator>>;

/// What operators of one family differ in.
struct IntegrationKind {
  std::string type;  ///< "integrate1d": as the reduction of a result names it
  // Unless others are asked for.
  int bins = 1000;
  Split split = Split::bbox;
  ErrorModel error_model = ErrorModel::none;
  /// Adds the options of parameters that only this type has.
  std::function<void(IntegrationOptions&)> further = [](IntegrationOptions&) {};
  /// Makes what integrates, of so many threads. Throws as its constructor does.
  std::function<AnyIntegrator(const Poni&, const IntegrationOptions&, std::size_t)> make = [](const auto&... of) {
    return std::make_unique<const Integrator>(of...);
  };
};

/// The parameters of an operator that integrates frames, and what becomes of them: one integrator, or one for the
/// header of each run. A run whose header lacks what is to be taken from it fails at its start.
class IntegrationSetups final {
 public:
  /// How the frames of a run are integrated. Runs of one geometry share it.
  struct Setup {
    Poni poni;
    IntegrationOptions options;
    std::optional<Array> variance;  ///< of every pixel of every frame, for ErrorModel::variance
    std::shared_ptr<const Dict> reduction;
    std::mutex mutex;
    std::optional<AnyIntegrator> integrator;  ///< made at the first frame when the geometry tells no shape
  };

  /// Declares the parameters at `owner`, which must live as long.
  IntegrationSetups(Node& owner, IntegrationKind kind) : owner_(owner), kind_(std::move(kind)) {}

  // For the functions of the same names of the owner.
  void take_settings(Problems& problems);
  void check(Problems& problems) const;
  void init();
  void run_started(const Run& run, const Context& context);
  void run_stopped(const Run& run);
  void stop_threads() { background_.stop(); }

  /// What becomes of a new value of a live parameter: the node is ready for it, or cannot be.
  struct Outcome {
    std::function<void(const WantedChange&)> ready;
    std::function<void(const WantedChange&, const std::string&)> refused;
  };
  /// Makes the setup of a new geometry or mask in the background, then calls `ready` or `refused` from there. Throws
  /// ConfigError when it cannot be changed.
  void prepare(const WantedChange& wanted, Outcome outcome);
  /// The parameter has its new value: from now on, elements have the setup that was prepared.
  void take_prepared();

  /// Of the run of an element. Any thread may ask.
  [[nodiscard]] std::shared_ptr<Setup> setup_of(const Context& context);
  /// Makes the integrator if it waits for the shape of the first image.
  const AnyIntegrator& integrator_for(Setup& setup, const Shape& image) const;

  /// Whether results are divided by a factor or a reading of their frame.
  [[nodiscard]] bool divides() const { return *normalization_factor_ != 1 || !monitor_->empty(); }
  /// Both together. Throws DataError unless the reading is there, finite and positive.
  [[nodiscard]] double divisor_of(const Frame& frame) const;

 private:
  /// What may change while the graph runs.
  struct Files {
    std::optional<std::filesystem::path> poni;
    std::optional<std::filesystem::path> mask;
  };

  [[nodiscard]] double monitor_of(const Frame& frame) const;
  [[nodiscard]] bool takes(FromHeader what) const;
  void check_origins(Problems& problems) const;
  void check_ranges(Problems& problems) const;
  void check_errors(Problems& problems) const;
  [[nodiscard]] Files files() const { return {*poni_, *mask_}; }
  [[nodiscard]] Poni read_geometry(const std::filesystem::path& file) const;
  [[nodiscard]] IntegrationOptions options() const;
  [[nodiscard]] Dict reduction(const Poni& poni, const IntegrationOptions& options, const Files& files) const;
  [[nodiscard]] std::shared_ptr<Setup> make_setup(Poni poni, IntegrationOptions options, const Files& files) const;
  [[nodiscard]] std::shared_ptr<Setup> setup_of_files(const Files& files) const;
  [[nodiscard]] std::shared_ptr<Setup> setup_from_header(const Dict* start) const;
  [[nodiscard]] AnyIntegrator make_integrator(const Poni& poni, const IntegrationOptions& options) const;

  Node& owner_;
  IntegrationKind kind_;

  using Path = std::filesystem::path;
  using Pair = std::array<double, 2>;
  Param<std::optional<Path>> settings_{
      owner_, "settings", std::nullopt,
      "JSON that pyFAI-integrate saved, with the geometry and all that follows; keys beside it count more"};
  Param<std::optional<Path>> poni_{
      owner_, "poni", std::nullopt, "geometry: a pyFAI .poni file; needed unless settings or from_header tell it",
      {},     {},     Change::live};
  Param<OrientationConvention> orientation_convention_{
      owner_, "orientation_convention", OrientationConvention::single_flip,
      "azimuths with an orientation other than 3: as in pyFAI from 2026.9 (single_flip) or before (double_flip)"};
  Param<std::vector<FromHeader>> from_header_{
      owner_, "from_header", std::vector<FromHeader>(),
      "what the detector tells with each run, instead of files; a mask also beside one"};
  Param<std::string> channel_{owner_, "channel", "",
                              "whose mask and flat field of the header are taken; empty: the first threshold's"};
  Param<std::string> monitor_{owner_, "monitor", "",
                              "reading of the event (its data key) by which the frame is divided: I0; a frame without "
                              "a positive one fails"};
  Param<double> normalization_factor_{owner_, "normalization_factor", 1.0, "by which every frame is divided, too",
                                      more_than(0.0)};
  Param<std::optional<Path>> mask_{owner_, "mask", std::nullopt, "image, not 0 where a pixel must not be used",
                                   {},     {},     Change::live};
  Param<std::optional<Path>> dark_{owner_, "dark", std::nullopt, "image to subtract from every frame", {}, "counts"};
  Param<std::optional<Path>> dark_variance_{
      owner_, "dark_variance", std::nullopt, "image of the variance of the dark, added to that of every pixel",
      {},     "counts^2"};
  Param<std::optional<Path>> flat_{owner_, "flat", std::nullopt, "image of relative pixel efficiencies"};
  Param<int> bins_{owner_, "bins", kind_.bins, "number of radial bins", between(1, 1'000'000)};
  Param<RadialUnit> unit_{owner_, "unit", RadialUnit::q_nm, "radial unit of the pattern"};
  Param<double> incident_angle_{owner_, "incident_angle",
                                0.0,    "of the beam on the surface, for units of grazing incidence (qip_nm^-1, ...)",
                                {},     "rad"};
  Param<double> tilt_angle_{owner_, "tilt_angle", 0.0, "of the surface about the beam, for the same units", {}, "rad"};
  Param<int> sample_orientation_{owner_, "sample_orientation", 1,
                                 "how the image is turned or mirrored for these units, as EXIF numbers it",
                                 between(1, 8)};
  Param<Split> split_{owner_, "split", kind_.split, "how a pixel is shared between the bins it covers"};
  Param<ErrorModel> error_model_{owner_, "error_model", kind_.error_model,
                                 "where the uncertainty of a pixel comes from: its counts (poisson), an image "
                                 "(variance), the scatter within its bin (azimuthal); hybrid: the scatter where "
                                 "outliers are clipped, the counts for the result"};
  Param<std::optional<Path>> variance_{
      owner_, "variance", std::nullopt, "image of the variance of every pixel, for the error model of that name",
      {},     "counts^2"};
  Param<std::optional<double>> polarization_{owner_, "polarization", std::nullopt,
                                             "polarization factor, -1 to 1; none: no correction"};
  Param<double> polarization_offset_{
      owner_, "polarization_offset", 0.0, "between the axis of polarization and the horizontal", {}, "rad"};
  Param<bool> solid_angle_{owner_, "solid_angle", true, "correct for the solid angle of a pixel"};
  Param<bool> sensor_absorption_{owner_, "sensor_absorption", false,
                                 "correct for what the sensor absorbs of rays at an angle; the geometry must tell it"};
  Param<std::optional<Pair>> radial_range_{owner_, "radial_range", std::nullopt,
                                           "exact bounds of the bins, in the unit"};
  Param<Spacing> spacing_{owner_, "spacing", Spacing::linear, "how the bins divide the range"};
  Param<std::vector<double>> edges_{owner_, "edges", std::vector<double>(),
                                    "bounds of all bins, increasing, instead of their number and range"};
  Param<std::optional<Pair>> azimuth_range_{
      owner_, "azimuth_range", std::nullopt, "exact bounds of the sector, may cross 180", {}, "degrees"};
  Param<std::optional<Pair>> sector_{owner_, "sector", std::nullopt, "its start and extent, instead of azimuth_range",
                                     {},     "degrees"};
  Param<std::optional<double>> dummy_{owner_, "dummy", std::nullopt, "value that marks bad pixels in the frames"};
  Param<int> threads_{owner_, "threads", 1, "that share one frame; workers take a frame each, or up to 16 that wait",
                      between(1, 256)};
  Param<double> delta_dummy_{owner_, "delta_dummy", 0.0, "how far from dummy a value still counts as bad",
                             at_least(0.0)};

  bool settings_taken_ = false;
  IntegrationOptions options_;    ///< without what headers tell
  std::shared_ptr<Setup> setup_;  ///< of every run; with from_header, of the newest
  mutable std::mutex mutex_;      // guards what follows: workers look there, and the background
  std::map<const Run*, std::shared_ptr<Setup>> runs_;
  mutable Shape images_;  ///< their shape, as soon as a geometry or an image tells it
  std::deque<std::shared_ptr<Setup>> prepared_;
  std::atomic<bool> running_{false};
  Files newest_;  ///< of the setup that was prepared last; the background's
  Background background_;
};

}  // namespace annulus
