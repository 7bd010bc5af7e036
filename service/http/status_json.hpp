// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "service/http/status.hpp"

namespace annulus {

/// The status as docs/viewer-protocol.md describes it ("Status").
[[nodiscard]] nlohmann::json to_json(const Status& status, const ViewerStatus& viewers);

/// What /healthz answers.
struct Health {
  int http_status = 200;  ///< 200 when the service can do its work, else 503
  std::string json;       ///< {"status": "ok", "state": ...} or {"status": "failing", "state": ..., "reason": ...}
};
[[nodiscard]] Health health_of(const Status& status);

/// JSON as UTF-8 text; bytes that are not UTF-8 are replaced, since names come from other people's documents.
[[nodiscard]] std::string dump(const nlohmann::json& json);

}  // namespace annulus
