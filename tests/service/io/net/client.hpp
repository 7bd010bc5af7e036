// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "operators/stream/sinks.hpp"
#include "operators/stream/sources.hpp"
#include "tests/probe.hpp"
#include "tests/service/http/http_client.hpp"

namespace annulus::testing {

using Texts = std::vector<std::string>;

/// A probe at the end of the stream.
template <class T>
Probe<T>& probe_of(Graph& graph, const Stream<T>& stream) {
  auto& probe = graph.make<Probe<T>>(graph.free_name("probe"));
  graph.connect(stream.out(), *probe.inputs().front());
  return probe;
}

/// True when nobody listens there.
inline bool is_closed(std::uint16_t port) {
  try {
    const test::Socket socket(port);
    return false;
  } catch (const std::runtime_error&) {
    return true;
  }
}

/// True when the graph has reported so many errors, in time.
inline bool reports(Graph& graph, std::uint64_t errors) {
  Changes changes;
  return changes.wait([&] { return graph.errors().total() >= errors; });
}

}  // namespace annulus::testing
