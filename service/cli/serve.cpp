// SPDX-License-Identifier: BSD-3-Clause
#include <cstdio>

#include "operators/stream/drawing.hpp"
#include "service/cli/commands.hpp"
#include "service/cli/log.hpp"
#include "service/config/config.hpp"
#include "service/daemon/daemon.hpp"
#include "service/daemon/signals.hpp"

namespace annulus {

int serve(const ServeOptions& options) {
  set_up_log(options.log_level);
  hold_stop_signals();
  return Daemon(load_config(options.config)).run();
}

int check(const std::filesystem::path& config_file) {
  const Config config = load_config(config_file);
  Pipeline pipeline(config);
  for (const std::string& warning : pipeline.warnings()) std::fprintf(stderr, "%s\n", warning.c_str());
  std::printf("%s%s: good\n", print_graph(pipeline.graph()).c_str(), config_file.c_str());
  return 0;
}

}  // namespace annulus
