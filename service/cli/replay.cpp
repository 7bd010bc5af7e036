// SPDX-License-Identifier: BSD-3-Clause
#include <cstdio>
#include <filesystem>
#include <utility>
#include <vector>

#include "operators/data/error.hpp"

#include "service/cli/commands.hpp"
#include "service/cli/log.hpp"
#include "service/cli/play.hpp"
#include "service/config/config.hpp"
#include "service/daemon/daemon.hpp"
#include "service/daemon/signals.hpp"
#include "service/io/replay/replay_source.hpp"

namespace annulus {

namespace {

/// Puts a replay of `file` in the place of every source of the configuration; everything else stays as it is.
void replace_sources(Config& config, const ReplayOptions& options) {
  const std::string file = std::filesystem::absolute(options.file).string();
  bool replaced = false;
  for (NodeSpec& node : config.nodes) {
    if (node.section != Category::source) continue;
    if (replaced) throw ConfigError("replay: the configuration has several sources (a recording can stand for one)");
    replaced = true;
    node.type.value = "replay";
    node.type.text = "replay";
    std::erase_if(node.settings,
                  [](const auto& setting) { return setting.first != "image" && setting.first != "window"; });
    node.settings.emplace_back("file", Setting{file, file, node.line});
    node.settings.emplace_back("image_key", Setting{options.image_key, options.image_key, node.line});
  }
  if (!replaced) throw ConfigError("replay: the configuration has no source (nothing can take its place)");
  config.service.http.reset();
}

bool all_played(Graph& graph) {
  for (const auto& node : graph.nodes()) {
    const auto* source = dynamic_cast<const ReplaySource*>(node.get());
    if (source != nullptr && !source->finished()) return false;
  }
  return true;
}

int replay_through(const ReplayOptions& options) {
  set_up_log("info");
  hold_stop_signals();
  Config config = load_config(*options.config);
  replace_sources(config, options);
  Daemon daemon(config);
  const int status = daemon.run([&] { return all_played(daemon.graph()); });
  const bool good = all_played(daemon.graph()) && daemon.graph().errors().total() == 0;
  return status == 0 && !good ? 1 : status;
}

}  // namespace

int replay(const ReplayOptions& options) {
  if (options.config) return replay_through(options);
  if (!options.to && !options.bind) {
    throw ConfigError("replay: nowhere to play to: give --config CONFIG.yaml, --to ENDPOINT or --bind ENDPOINT");
  }
  Player player({.connect = options.to,
                 .bind = options.bind,
                 .prefix = options.prefix,
                 .serializer = options.serializer,
                 .rate_hz = options.rate_hz,
                 .wait_s = options.wait_s});
  const auto recording = open_recording(options.file, options.image_key);
  std::printf("%llu events played\n", static_cast<unsigned long long>(player.play(*recording)));
  return 0;
}

}  // namespace annulus
