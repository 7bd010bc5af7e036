// SPDX-License-Identifier: BSD-3-Clause
#include "service/daemon/daemon.hpp"

#include <atomic>
#include <cstdlib>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "service/daemon/notify.hpp"
#include "service/daemon/signals.hpp"
#include "service/http/http_server.hpp"

namespace annulus {
namespace {

constexpr std::chrono::milliseconds heartbeat{200};

/// Ends the process when an orderly stop takes longer than it may.
class StopLimit {
 public:
  explicit StopLimit(double seconds)
      : thread_([this, seconds] {
          const auto deadline = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
          while (!done_ && std::chrono::steady_clock::now() < deadline) {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
          }
          if (done_) return;
          spdlog::critical(
              "the runs did not end within {} s (service.shutdown_seconds): giving up; files still open "
              "keep the ending .partial",
              seconds);
          spdlog::default_logger()->flush();
          std::_Exit(1);
        }) {}
  ~StopLimit() {
    done_ = true;
    thread_.join();
  }
  StopLimit(const StopLimit&) = delete;
  StopLimit& operator=(const StopLimit&) = delete;

 private:
  std::atomic<bool> done_{false};
  std::thread thread_;
};

std::string describe(const RunStatus& run) {
  const FrameCounts& f = run.frames;
  std::string text =
      fmt::format("{} received, {} reduced, {} written, {} published", f.received, f.reduced, f.written, f.published);
  if (f.without_result() > 0) {
    text += fmt::format("; {} WITHOUT A RESULT (lost {}, rejected {}, failed {}, dropped {})", f.without_result(),
                        f.lost, f.rejected, f.failed, f.dropped);
  }
  return text;
}

}  // namespace

Daemon::Daemon(const Config& config)
    : config_(config),
      pipeline_(config_),
      report_(config_.service.name, pipeline_.graph()),
      control_(pipeline_.graph(), config_.folder()) {
  for (const std::string& warning : pipeline_.warnings()) spdlog::warn("{}", warning);
  log_errors();
}

Daemon::~Daemon() = default;

void Daemon::log_errors() {
  // The first errors are what an operator wants to read; a flood of them must not fill the disk.
  struct Flood {
    std::uint64_t budget = 50;
    std::uint64_t silent = 0;
    std::chrono::steady_clock::time_point next{};
  };
  graph().errors().listen([flood = Flood{}](const ErrorReport& error) mutable {
    const auto now = std::chrono::steady_clock::now();
    if (flood.budget == 0 && now < flood.next) {
      ++flood.silent;
      return;
    }
    if (flood.budget > 0) --flood.budget;
    flood.next = now + std::chrono::seconds(1);
    const std::uint64_t silent = std::exchange(flood.silent, 0);
    spdlog::warn("{}: {}{}", error.node, error.message,
                 silent > 0 ? fmt::format(" ({} more errors were not logged)", silent) : "");
  });
}

void Daemon::log_changes() {
  const std::vector<ParamChange> changes = graph().changes();
  for (; changes_logged_ < changes.size(); ++changes_logged_) {
    const ParamChange& change = changes[changes_logged_];
    spdlog::info("{}.{} changed from {} to {}", change.node, change.param, change.before, change.after);
  }
}

Controls Daemon::controls() {
  Controls controls{.parameters = [this] { return control_.parameters(); }};
  if (config_.service.changes == ChangesFrom::here) {
    controls.change = [this](const auto&... wanted) { return control_.change(wanted...); };
  }
  return controls;
}

void Daemon::start() {
  if (const auto& address = config_.service.http) {
    HttpOptions options;
    options.host = address->host;
    options.port = address->port;
    http_ = std::make_unique<HttpServer>(options,
                                         HttpContent{[this] { return report_.status(); }, pipeline_.hub(), controls()});
  }
  graph().start();
  report_.set_state(ServiceState::idle);
  spdlog::info("annulus {} serves '{}' with {}", ANNULUS_VERSION, config_.service.name, config_.file.string());
  if (http_) spdlog::info("page {}", http_->url());
  notify_service_manager("READY=1");
}

int Daemon::run(const std::function<bool()>& done) {
  start();
  while (!stop_requested(heartbeat) && !graph().aborted() && !done()) beat();
  stop();
  return graph().aborted() ? 1 : 0;
}

void Daemon::beat() {
  report_.sample();
  const Status status = report_.status();
  if (status.run && status.run->uid != last_run_) {
    last_run_ = status.run->uid;
    last_outcome_.clear();
    spdlog::info("run {} {} begins", status.run->uid, status.run->title);
  }
  if (status.run && status.run->outcome != last_outcome_) {
    last_outcome_ = status.run->outcome;
    spdlog::info("run {} ends: {}; {}", status.run->uid, last_outcome_, describe(*status.run));
  }
  log_changes();
  const auto interval = watchdog_interval();
  const auto now = std::chrono::steady_clock::now();
  if (interval && now - last_notice_ >= *interval) {
    last_notice_ = now;
    notify_service_manager("WATCHDOG=1");
  }
}

void Daemon::stop() {
  if (graph().aborted()) {
    spdlog::error("aborted: {}", graph().abort_reason());
  } else {
    spdlog::info("stopping");
  }
  notify_service_manager("STOPPING=1");
  release_stop_signals();  // a second Ctrl-C ends the program at once
  report_.set_state(ServiceState::stopping);
  const StopLimit limit(config_.service.shutdown_s);
  graph().stop();
  beat();
  http_.reset();
  spdlog::info("stopped");
}

}  // namespace annulus
