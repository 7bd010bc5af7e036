// SPDX-License-Identifier: BSD-3-Clause
#include "service/cli/log.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "operators/data/error.hpp"
#include "operators/data/text.hpp"

namespace annulus {

void set_up_log(const std::string& level) {
  constexpr std::array<std::string_view, 4> levels{"debug", "info", "warning", "error"};
  if (std::ranges::find(levels, level) == levels.end()) {
    throw ConfigError(fmt::format("--log-level: '{}' is not known.{}", level, suggest(level, levels)));
  }
  spdlog::set_default_logger(spdlog::stderr_color_mt("annulus"));
  spdlog::set_pattern("%Y-%m-%d %H:%M:%S.%e %^%-8l%$ %v");
  spdlog::set_level(spdlog::level::from_str(level));
}

}  // namespace annulus
