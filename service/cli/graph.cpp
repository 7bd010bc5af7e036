// SPDX-License-Identifier: BSD-3-Clause
#include <cstdio>

#include "operators/stream/drawing.hpp"
#include "service/cli/commands.hpp"
#include "service/config/config.hpp"
#include "service/daemon/pipeline.hpp"
#include "service/io/graphviz/visualize.hpp"

namespace annulus {

int graph(const GraphOptions& options) {
  Pipeline pipeline(load_config(options.config));
  for (const std::string& warning : pipeline.warnings()) std::fprintf(stderr, "%s\n", warning.c_str());
  if (options.svg) {
    visualize(pipeline.graph(), *options.svg);
  } else {
    std::printf("%s", to_dot(pipeline.graph()).c_str());
  }
  return 0;
}

}  // namespace annulus
