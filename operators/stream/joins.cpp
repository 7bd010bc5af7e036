// SPDX-License-Identifier: BSD-3-Clause
#include "operators/stream/joins.hpp"

#include <fmt/format.h>

#include "operators/data/error.hpp"

#include "operators/stream/source.hpp"
#include "operators/stream/wiring.hpp"

namespace annulus {

void refuse_to_wait(const InPort& in, std::size_t max_size) {
  throw DataError(fmt::format(
      "{} elements wait at input '{}' already (the other inputs bring no partners for them) where elements can be "
      "missing, use join_by_frame",
      max_size, in.name()));
}

bool shares_source(const InPort& in) {
  const auto above = nodes_above(in);
  for (const InPort* other : in.node().inputs()) {
    if (other == &in) continue;
    for (const Node* node : nodes_above(*other)) {
      if (above.contains(node) && dynamic_cast<const SourceNode*>(node) != nullptr) return true;
    }
  }
  return false;
}

}  // namespace annulus
