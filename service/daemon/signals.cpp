// SPDX-License-Identifier: BSD-3-Clause
#include "service/daemon/signals.hpp"

#include <csignal>
#include <ctime>

namespace annulus {
namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

void hold_stop_signals() {
  const sigset_t set = stop_signals();
  // A shell that starts a program in the background has it ignore SIGINT; an ignored signal never waits.
  (void)std::signal(SIGINT, SIG_DFL);
  (void)std::signal(SIGTERM, SIG_DFL);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  (void)std::signal(SIGPIPE, SIG_IGN);
  (void)std::signal(SIGXFSZ, SIG_IGN);
}

bool stop_requested(std::chrono::milliseconds patience) {
  const sigset_t set = stop_signals();
  const timespec limit{static_cast<std::time_t>(patience.count() / 1000),
                       static_cast<long>(patience.count() % 1000 * 1'000'000)};
  return sigtimedwait(&set, nullptr, &limit) > 0;
}

void release_stop_signals() {
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace annulus
