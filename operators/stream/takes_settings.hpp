// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "operators/stream/node.hpp"

namespace annulus {

/// A node one of whose parameters names a file with values for others.
class TakesSettings {
 public:
  virtual ~TakesSettings() = default;
  /// Whoever has set all that was written down calls this before Node::check: the file sets what is not yet set.
  virtual void take_settings(Problems& problems) = 0;
};

}  // namespace annulus
