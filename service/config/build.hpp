// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "operators/stream/graph.hpp"
#include "operators/stream/registry.hpp"
#include "service/config/config.hpp"

namespace annulus {

/// Makes the nodes of a configuration in an empty graph, sets their parameters (relative paths become absolute, from
/// the folder of the file) and connects them. Returns warnings, "file:line: key: what is odd".
/// Throws one ConfigError with every mistake of the file, those found while reading it included, a line each:
///     xpd.yaml:12: operators.integrate.unit: 'q_nm' is not known here. Did you mean 'q_nm^-1'?
/// The graph is of no use then.
std::vector<std::string> build_graph(const Config& config, const Registry& registry, Graph& graph);

}  // namespace annulus
