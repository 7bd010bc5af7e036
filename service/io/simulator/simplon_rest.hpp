// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

#include "service/io/net/web_exchange.hpp"
#include "service/io/simulator/simulated_detector.hpp"

namespace annulus {

/// The answer of the detector's control unit to a request of the SIMPLON API (reference 1.6 and 1.8):
///   GET  /SUBSYSTEM/api/version                         GET  /SUBSYSTEM/api/VERSION/{config,status,command}/keys
///   GET  /SUBSYSTEM/api/VERSION/{config,status}/KEY     PUT  /SUBSYSTEM/api/VERSION/config/KEY    {"value": ...}
///   PUT  /detector/api/VERSION/command/{initialize,arm,trigger,disarm,cancel,abort,wait,status_update}
///   PUT  /stream/api/VERSION/command/initialize
/// Subsystems: detector, stream, monitor, filewriter. Returns when the command is done, as the detector does: `trigger`
/// when its images have been sent.
[[nodiscard]] WebReply answer_simplon(SimulatedDetector& detector, std::string_view method, std::string_view path,
                                      const std::string& body);

}  // namespace annulus
