// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "operators/stream/param.hpp"
#include "service/config/yaml.hpp"

namespace annulus {

/// Where the web page and the metrics are served.
struct HttpAddress {
  std::string host;
  std::uint16_t port = 0;  ///< 0: any free port
  friend bool operator==(const HttpAddress&, const HttpAddress&) = default;
};

/// Reads "host:port", "[::1]:port", or a port alone, which means this machine only. Throws ConfigError without a place.
[[nodiscard]] HttpAddress parse_http_address(std::string_view text);

/// From where live parameters may be changed: by programs of this machine ("local"), or not at all ("off").
enum class ChangesFrom : std::uint8_t { here, nowhere };
template <>
struct EnumNames<ChangesFrom> {
  static const std::vector<std::string_view>& names();
};

/// The `service` section: what concerns the daemon and no node.
struct ServiceSpec {
  std::string name;                                      ///< default: the file's name without its ending
  std::optional<HttpAddress> http{{"127.0.0.1", 8080}};  ///< nothing: `http: off`
  ChangesFrom changes = ChangesFrom::here;
  double shutdown_s = 10;  ///< how long open runs may take to end [s]
};

/// Reads the section over the defaults in `spec`; what is wrong goes to `mistakes`.
void read_service_spec(const YamlNode& section, ServiceSpec& spec, Mistakes& mistakes);

}  // namespace annulus
