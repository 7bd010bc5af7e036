// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>

#include "operators/stream/graph.hpp"

namespace annulus {

/// Draws the wiring into a file. Its ending says how: .dot (or .gv) is the text of to_dot(), .svg the picture that
/// Graphviz makes of it. Throws ConfigError for another ending, IoError when the file cannot be written or Graphviz is
/// missing or fails; then an older file stays as it was. The program `dot` is found on the PATH and run without a
/// shell.
void visualize(const Graph& graph, const std::filesystem::path& file);

}  // namespace annulus
