// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "operators/data/error.hpp"
#include "operators/data/value.hpp"

#include "detectors/simplon/series.hpp"

namespace annulus::simplon {

/// One value of the SIMPLON API (reference 1.8, section 4), as clients see it.
struct ApiParameter {
  std::string name;  ///< with subsystem and task: "detector/config/count_time"
  Value value;
  std::string type;  ///< "float", "uint", "bool", "string", "string[]", "datetime"
  bool writable = false;
  std::optional<double> min{};
  std::optional<double> max{};
  std::string unit{};
  List allowed{};  ///< values that a client may put; empty: all of the type
};

/// The configuration and the status of a simulated detector, by name. A value that a client changes may change others,
/// as in the detector: the energy sets the wavelength and the thresholds.
class ApiParameters final {
 public:
  /// Those of an EIGER2 with the size, pixels, sensor and experiment that `detector` tells.
  explicit ApiParameters(const SeriesStart& detector);

  /// Null when there is none of that name.
  [[nodiscard]] const ApiParameter* find(std::string_view name) const noexcept;
  /// Which parameters a subsystem ("detector", "stream", "monitor", "filewriter") has for a task ("config", "status").
  [[nodiscard]] std::vector<std::string> keys(std::string_view subsystem, std::string_view task) const;
  /// The answer to GET: value, value_type, access_mode, and what is known of min, max, unit, allowed_values.
  [[nodiscard]] static Dict describe(const ApiParameter& parameter);

  /// A client's PUT of a writable parameter: the keys of all parameters that changed with it, or why not.
  [[nodiscard]] Expected<List, std::string> put(std::string_view name, const Value& value);
  /// The detector's own change. Throws std::out_of_range when there is no such parameter.
  void set(std::string_view name, Value value);

  [[nodiscard]] double number(std::string_view name) const;
  [[nodiscard]] std::uint64_t natural(std::string_view name) const;
  [[nodiscard]] std::string text(std::string_view name) const;
  [[nodiscard]] bool is_enabled(std::string_view name) const { return text(name) == "enabled"; }
  /// The values of detector/config without those that have a slash in their key: what a header of stream V1 tells.
  [[nodiscard]] Dict header() const;

 private:
  [[nodiscard]] const ApiParameter& at(std::string_view name) const;
  void set_energy(double energy);

  std::vector<ApiParameter> parameters_;
};

}  // namespace annulus::simplon
