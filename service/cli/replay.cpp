// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
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
#include "service/io/runs/run_source.hpp"
#include "service/io/wire/recorded_messages.hpp"

namespace annulus {

namespace {

/// A source of type `replay` in the place of `node`.
void replace_by_replay(NodeSpec& node, const ReplayOptions& options, const std::string& file) {
  node.type.value = "replay";
  node.type.text = "replay";
  std::erase_if(node.settings,
                [](const auto& setting) { return setting.first != "image" && setting.first != "window"; });
  node.settings.emplace_back("file", Setting{file, file, node.line});
  node.settings.emplace_back("image_key", Setting{options.image_key, options.image_key, node.line});
}

/// The same source, with the recorded wire in the place of its socket.
void replace_socket(NodeSpec& node, const std::string& file) {
  std::erase_if(node.settings,
                [](const auto& setting) { return setting.first == "connect" || setting.first == "bind"; });
  node.settings.emplace_back("recording", Setting{file, file, node.line});
}

/// Puts the recording in the place of the configuration's source; everything else stays as it is.
void replace_source(Config& config, const ReplayOptions& options) {
  const std::string file = std::filesystem::absolute(options.file).string();
  const auto is_source = [](const NodeSpec& node) { return node.section == Category::source; };
  const auto count = std::ranges::count_if(config.nodes, is_source);
  if (count == 0) throw ConfigError("replay: the configuration has no source (nothing can take its place)");
  if (count > 1) throw ConfigError("replay: the configuration has several sources (a recording can stand for one)");
  NodeSpec& source = *std::ranges::find_if(config.nodes, is_source);
  if (is_recorded_wire(options.file)) {
    replace_socket(source, file);
  } else {
    replace_by_replay(source, options, file);
  }
  config.service.http.reset();
}

bool all_played(Graph& graph) {
  return std::ranges::all_of(graph.nodes(), [](const auto& node) {
    const auto* source = dynamic_cast<const RunSource*>(node.get());
    return source == nullptr || source->finished();
  });
}

int replay_through(const ReplayOptions& options) {
  set_up_log("info");
  hold_stop_signals();
  Config config = load_config(*options.config);
  replace_source(config, options);
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
  if (options.as) return replay_series(options);
  if (is_recorded_wire(options.file)) return replay_wire(options);
  if (options.speed) throw ConfigError("--speed: for recorded wires only. Documents and images have --rate.");
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
