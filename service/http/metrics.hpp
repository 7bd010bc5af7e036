// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "service/http/status.hpp"

namespace annulus {

/// The status in Prometheus' text exposition format, version 0.0.4. Names are listed in docs/viewer-protocol.md.
[[nodiscard]] std::string prometheus_text(const Status& status, const ViewerStatus& viewers);

}  // namespace annulus
