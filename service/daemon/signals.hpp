// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>

namespace annulus {

/// Keeps SIGINT and SIGTERM from ending the process: they wait to be asked for. Call before any thread is started,
/// so that all threads inherit it. SIGPIPE and SIGXFSZ are ignored: who writes gets an error.
void hold_stop_signals();

/// Waits for SIGINT or SIGTERM, at most `patience`; false when none came.
[[nodiscard]] bool stop_requested(std::chrono::milliseconds patience);

/// From now on a stop signal ends the process at once, as without hold_stop_signals(): for the second Ctrl-C.
void release_stop_signals();

}  // namespace annulus
