// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "operators/data/value.hpp"

namespace annulus {

/// One event-model document: its name ("start", "descriptor", "event", "event_page", "stop", ...) and its content.
struct Document {
  std::string name;
  Dict content;
  friend bool operator==(const Document&, const Document&) = default;
};

}  // namespace annulus
