// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "operators/data/value.hpp"

namespace annulus {

/// A parameter that may be changed while the service runs.
struct LiveParameter {
  std::string node{};
  std::string name{};
  std::string type{};   ///< "path", "text", "number"
  std::string value{};  ///< the present one, as text
  std::string help{};
};

/// What becomes of a new value.
enum class ChangeState : std::uint8_t {
  ready,      ///< it takes effect with the next element
  preparing,  ///< not ready yet; if it cannot be, the error stream tells
  busy,       ///< nothing was done: another change is being prepared
};

/// How the running service is changed; called from the server's threads. Empty where it cannot be.
struct Controls {
  std::function<std::vector<LiveParameter>()> parameters{};
  /// Throws ConfigError with the reason why the old value stays.
  std::function<ChangeState(const std::string& node, const std::string& parameter, const Value& value)> change{};
};

}  // namespace annulus
