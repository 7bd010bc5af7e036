// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "service/io/net/web_exchange.hpp"

namespace annulus {

/// What a server answers to one request, up to 1 MiB of it: a GET, or with a body a POST of JSON. Throws IoError when
/// it cannot be reached or does not answer within a minute.
[[nodiscard]] WebReply ask_server(const std::string& host, std::uint16_t port, std::string_view path,
                                  std::string_view json_body = {});

}  // namespace annulus
