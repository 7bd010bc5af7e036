// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace annulus {

/// Sends one state line to the service manager ("READY=1", "WATCHDOG=1", "STOPPING=1", "STATUS=..."), as sd_notify(3)
/// describes: a datagram to the socket named by $NOTIFY_SOCKET. Does nothing when there is none.
void notify_service_manager(const std::string& state) noexcept;

/// Half of the interval after which the manager takes the service for hung ($WATCHDOG_USEC), if it watches.
[[nodiscard]] std::optional<std::chrono::microseconds> watchdog_interval();

}  // namespace annulus
