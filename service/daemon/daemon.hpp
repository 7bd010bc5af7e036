// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "service/config/config.hpp"
#include "service/daemon/live_control.hpp"
#include "service/daemon/pipeline.hpp"
#include "service/daemon/status_report.hpp"

namespace annulus {

class HttpServer;

/// A pipeline that runs as a service: with its web page, its log, and a clean end.
class Daemon {
 public:
  /// Builds everything and starts nothing. Throws ConfigError.
  explicit Daemon(const Config& config);
  ~Daemon();

  /// Runs until `done` says so (asked a few times a second), a stop signal comes, or a node aborts the graph; then
  /// ends the runs, closes the files and returns the exit status. Throws IoError and ConfigError when it cannot start.
  int run(const std::function<bool()>& done = [] { return false; });

  [[nodiscard]] Graph& graph() noexcept { return pipeline_.graph(); }

 private:
  void start();
  void beat();
  void stop();
  void log_errors();
  void log_changes();
  [[nodiscard]] Controls controls();

  Config config_;
  Pipeline pipeline_;
  StatusReport report_;
  LiveControl control_;
  std::unique_ptr<HttpServer> http_;
  std::string last_run_;
  std::string last_outcome_;
  std::size_t changes_logged_ = 0;
  std::chrono::steady_clock::time_point last_notice_{};
};

}  // namespace annulus
