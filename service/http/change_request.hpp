// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "service/http/controls.hpp"
#include "service/http/routes.hpp"

namespace annulus {

/// Where parameters are listed, and changed.
inline constexpr std::string_view parameters_path = "/api/parameters";
/// A request to change one is shorter.
inline constexpr std::size_t most_change_bytes = 8192;

/// The refusal of a request to change a parameter, by its headers alone, or nothing. It must come from this machine,
/// and not from a page: a browser sends a page's JSON to another origin only when the server allows it beforehand,
/// which this one never does, and says where the page is from.
[[nodiscard]] std::optional<HttpReply> refusal_of_change(const HttpRequest& request);

/// Changes a parameter as the body says: {"node": "integrate", "parameter": "poni", "value": "new.poni"}.
[[nodiscard]] HttpReply answer_change(std::string_view body, const Controls& controls);

/// The list of parameters.
[[nodiscard]] HttpReply answer_parameters(const Controls& controls);

}  // namespace annulus
